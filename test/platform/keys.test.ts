import { expect, test } from 'bun:test'
import { createPrivateKey } from 'node:crypto'
import { generateKeyPem } from '../../src/platform/node/node-keys.ts'

test.each([
  [{ kty: 'RSA' }, 'rsa', { modulusLength: 3072, publicExponent: 65537n }],
  [{ kty: 'EC', crv: 'P-256' }, 'ec', { namedCurve: 'prime256v1' }],
  [{ kty: 'EC', crv: 'P-384' }, 'ec', { namedCurve: 'secp384r1' }],
  [{ kty: 'OKP', crv: 'Ed25519' }, 'ed25519', {}],
] as const)('a key of the kind %p is PKCS#8 PEM of that kind', async (kind, type, details) => {
  const pem = await generateKeyPem(kind, 3072)
  expect(pem).toStartWith('-----BEGIN PRIVATE KEY-----\n')
  const key = createPrivateKey(pem)
  expect(key.asymmetricKeyType).toBe(type)
  expect(key.asymmetricKeyDetails ?? {}).toMatchObject(details)
})

test('other work goes on while an RSA key is being made', async () => {
  let isMade = false
  const made = generateKeyPem({ kty: 'RSA' }, 4096).then(() => {
    isMade = true
  })
  let turns = 0
  while (!isMade) {
    await new Promise<void>((resolve) => void setImmediate(resolve))
    turns++
  }
  await made
  // A maker on the event loop would be done before the first turn.
  expect(turns).toBeGreaterThan(3)
})
