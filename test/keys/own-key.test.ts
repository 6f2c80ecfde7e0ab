import { expect, test } from 'bun:test'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KeyError } from '../../src/keys/key-plan.ts'
import { startTestApp } from '../support/test-app.ts'

const yaml = `
tenants:
  first: { name: F, oauth2: {}, signing: { algorithm: ES256, kid: k } }
  second: { name: S, oauth2: {}, signing: { algorithm: ES256, private_key_file: theirs.pem } }
`

test('a key that another tenant has already, found by another path, is refused', async () => {
  const app = await startTestApp(yaml)
  await app.deps.keyring.of('first')
  await symlink(join(app.folder, 'data/keys/first/k.pem'), join(app.folder, 'theirs.pem'))
  const refused = await app.deps.keyring.of('second').catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(KeyError)
  expect(String(refused)).toContain(
    "Cannot load the signing key of tenant 'second': it is the key of tenant 'first' too; give each its own",
  )
  expect((await app.send('/api/v1/tenant/second/.well-known/jwks.json')).status).toBe(503)
  expect((await app.send('/api/v1/tenant/first/.well-known/jwks.json')).status).toBe(200)
  await app.close()
})

test('a private key with other text around it, as openssl writes it, is loaded', async () => {
  const app = await startTestApp(yaml)
  await app.deps.keyring.of('first')
  const pem = await Bun.file(join(app.folder, 'data/keys/first/k.pem')).text()
  const other = await startTestApp(yaml)
  await mkdir(other.folder, { recursive: true })
  const around = `Bag Attributes\n    friendlyName: x\n\n${pem}\n# trailing words\n`
  await writeFile(join(other.folder, 'theirs.pem'), around, { mode: 0o600 })
  expect((await other.deps.keyring.of('second')).active.algorithm).toBe('ES256')
  await Promise.all([app.close(), other.close()])
})
