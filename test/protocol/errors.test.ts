import { expect, test } from 'bun:test'
import { type ErrorCode, errorStatus, OAuthError } from '../../src/protocol/errors.ts'

test('a refusal has the status of its code, unless it says another', () => {
  for (const [code, status] of Object.entries(errorStatus)) {
    expect(new OAuthError(code as ErrorCode, 'x')).toMatchObject({ code, status, message: 'x' })
  }
  expect(new OAuthError('invalid_request', 'x', { status: 413 }).status).toBe(413)
})

test('a refusal keeps its cause for the log, its challenge and its time to wait for the answer', () => {
  const cause = new Error('why')
  const challenge = { scheme: 'Basic', realm: 'r', withError: false } as const
  const error = new OAuthError('invalid_client', 'x', { cause, challenge, retryAfterSeconds: 3 })
  expect(error).toMatchObject({ cause, challenge, retryAfterSeconds: 3 })
  const bare = new OAuthError('invalid_client', 'x')
  expect([bare.cause, bare.challenge, bare.retryAfterSeconds]).toEqual([undefined, undefined, undefined])
})

test('a refusal keeps its finding, which its sentence does not have', () => {
  const finding = { check: 'redirect URI of the code', saw: 'https://b.example', wanted: 'https://a.example' }
  const error = new OAuthError('invalid_grant', 'x', { finding })
  expect([error.finding, error.message]).toEqual([finding, 'x'])
  expect(new OAuthError('invalid_grant', 'x').finding).toBeUndefined()
})
