import { expect, test } from 'bun:test'
import { base64url } from '../../src/protocol/base64url.ts'

test('bytes are written with - and _ and without padding (RFC 4648 section 5)', () => {
  expect(base64url(Uint8Array.fromHex('fbff'))).toBe('-_8')
  expect(base64url(new Uint8Array())).toBe('')
})
