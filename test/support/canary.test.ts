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

  test('watches what people send and get: passwords, addresses, codes, cookies, refresh tokens', async () => {
    const canary = new Canary('users: { ada: { password: correct-horse } }')
    canary.watchRequest({ body: 'username=ada@example.com&password=battery-staple&code=of-the-request' })
    const headers = new Headers({ Location: 'https://app.example/cb?code=of-the-answer&iss=i' })
    headers.append('Set-Cookie', `__Host-grantd-1=${'sid'.repeat(8)}.secret; Path=/`)
    await canary.watchResponse(new Response(null, { headers }))
    await canary.watchResponse(
      Response.json({ refresh_token: 'handle.refresh', id_token: 'a.b.of-the-id-token' }),
    )
    const leaks = [
      ...['correct-horse', 'ada@example.com', 'battery-staple', 'of-the-request', 'of-the-answer'],
      ...[`${'sid'.repeat(8)}.secret`, 'handle.refresh', 'of-the-id-token'],
    ]
    expect(leaks.filter((leak) => !throws(() => canary.check(`{"msg":"x ${leak}"}`)))).toEqual([])
    expect(() => canary.check('{"msg":"signed in"}')).not.toThrow()
  })
})

function throws(work: () => void): boolean {
  try {
    work()
    return false
  } catch {
    return true
  }
}
