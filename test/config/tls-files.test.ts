import { expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError, renderFault } from '../../src/config/fault.ts'
import { loadConfig } from '../../src/config/load.ts'
import { createAuthority, ed448Keys, keysOf, keyUsage, purpose } from '../support/certificates.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'

const authority = createAuthority('Test CA')
const own = authority.certify('id.example.com')
const other = authority.certify('other.example.com')
const p256 = keysOf(generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey)
const short = authority.certifyKeys(keysOf(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey))
const goodKeys =
  'get a certificate for a key of RSA with 2048 bits or more, of ECDSA with P-256, P-384 or P-521, or of Ed25519'
const now = Date.UTC(2030, 0, 1)
const past = authority.certifyFor(['id.example.com'], {
  from: Date.UTC(2029, 0, 1),
  until: Date.UTC(2029, 5, 1),
})
const coming = authority.certifyFor(['id.example.com'], {
  from: Date.UTC(2031, 0, 1),
  until: Date.UTC(2032, 0, 1),
})

interface Files {
  readonly certificate?: string
  readonly key?: string
  readonly mode?: number
  readonly publicUrl?: string
}

const gone = 'ENOENT; there is no such file or folder; check the path'

/** The rendered faults, or the warnings of a good file. */
function complaintsOf({ certificate, key, mode = 0o600, publicUrl = 'https://id.example.com' }: Files) {
  return withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    const tls = 'tls: { cert_file: cert.pem, key_file: key.pem }'
    await writeFile(path, `server:\n  public_url: ${publicUrl}\n  ${tls}\ntenants: { acme: { name: A } }\n`)
    if (certificate !== undefined) await writeFile(join(folder, 'cert.pem'), certificate)
    if (key !== undefined) {
      await writeFile(join(folder, 'key.pem'), key)
      await chmod(join(folder, 'key.pem'), mode)
    }
    const host = { ...platform, now: () => now }
    const read = await loadConfig(path, host).catch((cause: unknown) => cause)
    const complaints = read instanceof ConfigError ? read.faults : (read as { warnings: [] }).warnings
    return complaints.map((each) => renderFault(each).replaceAll(folder, ''))
  })
}

test('a good pair gives no warning', async () => {
  expect(await complaintsOf({ certificate: own.certificate + authority.certificate, key: own.key })).toEqual(
    [],
  )
})

test.each([
  [{ key: own.key }, `cert_file names the file cert.pem, which cannot be read at /cert.pem: ${gone}`],
  [
    { certificate: own.certificate },
    `key_file names the file key.pem, which cannot be read at /key.pem: ${gone}`,
  ],
  [
    { certificate: 'x', key: own.key },
    'cert_file names the file cert.pem, which has no certificate in it, wanted PEM with -----BEGIN CERTIFICATE-----; make PEM of DER: openssl x509 -inform DER -in FILE -out NEW',
  ],
  [
    { certificate: own.certificate, key: 'x' },
    'key_file names the file key.pem, which has no private key in it, wanted PEM with -----BEGIN PRIVATE KEY-----; make PEM of DER: openssl pkey -inform DER -in FILE -out NEW, and chmod 0600 NEW',
  ],
  [
    { certificate: own.certificate, key: other.key },
    'key_file names the file key.pem, which is not the key of the certificate in cert_file; name the two files of one certificate',
  ],
  [
    { certificate: authority.certificate + own.certificate, key: own.key },
    'cert_file names the file cert.pem, which begins with another certificate than that of the key; put the certificate of the server first, then those that signed it',
  ],
  [
    { certificate: own.certificate, key: other.key + own.key },
    'key_file names the file key.pem, which begins with another private key than that of the certificate in cert_file; leave only that one in it',
  ],
  [
    short,
    `cert_file names the file cert.pem, which has a certificate for an RSA key of less than 2048 bits, which clients refuse; ${goodKeys}`,
  ],
  [
    authority.certifyKeys(ed448Keys()),
    `cert_file names the file cert.pem, which has a certificate for a key of a kind that this server cannot use for TLS; ${goodKeys}`,
  ],
  [
    authority.certifyKeys(p256, keyUsage(8, { isCritical: true })),
    'cert_file names the file cert.pem, which has a certificate whose keyUsage forbids to sign, and each connection begins with a signature; get one with digitalSignature in keyUsage',
  ],
  [
    { certificate: own.certificate, key: own.key.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE') },
    'key_file names the file key.pem, which is encrypted, and nobody is there to type its passphrase; decrypt it: openssl pkey -in FILE -out NEW, and chmod 0600 NEW',
  ],
] as const)('a pair that cannot be served is a fault at its place: %#', async (files, message) => {
  const [complaint, ...more] = await complaintsOf(files)
  expect(more).toEqual([])
  const column = message.startsWith('cert_file') ? 10 : 31
  expect(complaint).toBe(`/config.yaml:3:${column}: server.tls.${message}`)
})

test.each([
  [
    { ...past },
    'server.tls.cert_file names the file cert.pem, whose certificate expired on 2029-06-01; renew it',
  ],
  [
    { ...coming },
    'server.tls.cert_file names the file cert.pem, whose certificate is not valid before 2031-01-01; look at the clock of this machine',
  ],
  [
    { ...own, certificate: own.certificate + other.certificate },
    'server.tls.cert_file names the file cert.pem, whose certificate is followed by one that did not sign it; put each before the one that signed it',
  ],
  [
    { ...other },
    'server.tls.cert_file names the file cert.pem, whose certificate is not for id.example.com, the host of server.public_url, but for DNS:other.example.com',
  ],
  [
    { ...authority.certifyKeys(p256, purpose(2)), publicUrl: 'https://localhost' },
    'server.tls.cert_file names the file cert.pem, whose certificate is not for servers, by its extendedKeyUsage; get one with serverAuth in it',
  ],
  [
    { ...own, mode: 0o644 },
    'server.tls.key_file names the file key.pem, which is readable by others (mode 0644), wanted 0600; run: chmod 0600 /key.pem',
  ],
  [
    { ...own, publicUrl: 'http://id.example.com' },
    'server.public_url is http://id.example.com, and the server speaks TLS: links and issuers lead to plain http; write https://',
  ],
] as const)('what clients may refuse is a warning: %#', async (files, message) => {
  const complaints = await complaintsOf(files)
  expect(complaints.map((each) => each.replace(/^\S+ /, ''))).toEqual([message])
})
