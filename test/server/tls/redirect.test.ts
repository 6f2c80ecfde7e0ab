import { expect, test } from 'bun:test'
import { createRedirect } from '../../../src/server/tls/redirect.ts'

const peer = { address: () => undefined }
const redirect = createRedirect(() => 'https://id.example.com')
const ask = async (path: string, init: RequestInit = {}) =>
  redirect(new Request(`http://evil.example${path}`, init), peer)

test.each([
  ['/', {}],
  ['/api/v1/tenant/acme/oauth/authorize?client_id=spa&state=x%20y', {}],
  ['/a', { method: 'HEAD' }],
  ['//evil.example/%0d%0aSet-Cookie:a', {}],
])('a browser that asks for %s is sent to the same path of the configured host', async (path, init) => {
  const answer = await ask(path, init)
  expect(answer.status).toBe(308)
  expect(answer.headers.get('location')).toBe(`https://id.example.com${path}`)
  expect(answer.headers.get('connection')).toBe('close')
  expect(answer.headers.get('strict-transport-security')).toBeNull()
})

test.each([
  ['a form', '/oauth/token', { method: 'POST', body: 'client_secret=hunter2' }],
  ['a request with Authorization', '/', { headers: { authorization: 'Bearer hunter2' } }],
  ['a code in the query', '/callback?code=hunter2', {}],
  ['a token in the query', '/x?access_token=hunter2', {}],
  ['a token to exchange in the query', '/x?subject_token=hunter2', {}],
  ['a preflight', '/oauth/token', { method: 'OPTIONS' }],
  ['any other method', '/oauth/token', { method: 'DELETE' }],
])('%s is refused and not sent on', async (_what, path, init) => {
  const answer = await ask(path, init)
  expect(answer.status).toBe(403)
  expect(answer.headers.get('location')).toBeNull()
  const text = await answer.text()
  expect(text).not.toContain('hunter2')
  expect(JSON.parse(text)).toEqual({
    error: 'invalid_request',
    error_description: 'This port is plain http; ask by https, and replace a secret that was sent here',
  })
})

test('a Host that makes no URL is refused', async () => {
  const answered = await redirect(
    { url: 'http://[/', method: 'GET', headers: new Headers() } as Request,
    peer,
  )
  expect([answered.status, answered.headers.get('location')]).toEqual([400, null])
})
