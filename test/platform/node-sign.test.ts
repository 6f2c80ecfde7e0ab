import { expect, test } from 'bun:test'
import { generateKeyPairSync, verify } from 'node:crypto'
import { signatureSchemes } from '../../src/keys/signing/sign-schemes.ts'
import { openNativeKey } from '../../src/platform/node/node-sign.ts'

const scheme = signatureSchemes.ES256
const data = new TextEncoder().encode('what is signed')

function openKey() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const native = openNativeKey(new TextEncoder().encode(pem), scheme)
  const isMine = (signature: Uint8Array) =>
    verify('sha256', data, { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  return { native, isMine }
}

test('keys of one scheme sign in turn, each with its own half', () => {
  const [a, b] = [openKey(), openKey()]
  for (const [one, other] of [
    [a, b],
    [b, a],
    [a, b],
  ] as const) {
    const signature = one.native.sign(data)
    expect(one.isMine(signature)).toBe(true)
    expect(other.isMine(signature)).toBe(false)
  }
})

test('a key that was freed signs no more, whatever other keys do, and they sign on', () => {
  const [a, b] = [openKey(), openKey()]
  a.native.sign(data)
  a.native.free()
  a.native.free()
  expect(() => a.native.sign(data)).toThrow('The key was freed')
  expect(b.isMine(b.native.sign(data))).toBe(true)
  expect(() => a.native.sign(data)).toThrow('The key was freed')
})

test('a signature that cannot be made keeps no later one from being made', () => {
  const { native, isMine } = openKey()
  expect(() => native.sign(7 as unknown as Uint8Array)).toThrow()
  expect(isMine(native.sign(data))).toBe(true)
})
