import { describe, expect, test } from 'bun:test'
import { Canary } from './canary.ts'

describe('the canary', () => {
  const token = `eyJhbGciOiJFUzI1NiJ9.${'e30'.repeat(40)}.${'c2ln'.repeat(20)}`

  const check = (watched: string, text: string) => () => {
    const canary = new Canary('')
    canary.watch(watched)
    canary.check(text)
  }

  test.each([
    ['a token at the end of a longer word', token, `{"msg":"xx${token}"}`],
    ['a token of which a parameter is made', token, `GET /?access_token=${token}&a=b`],
    ['a short secret inside a word', 'secret', '{"msg":"my-secret-of-old"}'],
    ['a long secret with a space', 'correct horse battery staple', '{"msg":"correct horse battery staple"}'],
    ['a secret of 24 characters', 'a'.repeat(24), `{"msg":"${'a'.repeat(24)}"}`],
  ])('finds %s', (_, watched, text) => {
    expect(check(watched, text)).toThrow()
  })

  test('says nothing of a text without them', () => {
    expect(check(token, `{"kid":"${'k'.repeat(43)}","msg":"${token.slice(1)}"}`)).not.toThrow()
  })
})
