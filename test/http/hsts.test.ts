import { expect, test } from 'bun:test'
import { hstsOf } from '../../src/http/answer/security-headers.ts'

test.each([
  ['https with TLS', 'https://auth.example.com', { hsts: 86_400 }, 'max-age=86400'],
  ['https by something in front', 'https://auth.example.com', undefined, undefined],
  ['a host of this machine', 'https://localhost:3000', { hsts: 86_400 }, undefined],
  ['plain http', 'http://auth.example.com', { hsts: 86_400 }, undefined],
  ['hsts: 0', 'https://auth.example.com', { hsts: 0 }, undefined],
])('%s has the right Strict-Transport-Security', (_what, publicUrl, tls, value) => {
  expect(hstsOf(publicUrl, tls)).toBe(value)
})
