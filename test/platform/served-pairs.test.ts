import { expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { ListenError } from '../../src/platform/network.ts'
import {
  type Certified,
  createAuthority,
  ed448Keys,
  keysOf,
  keyUsage,
  purpose,
} from '../support/certificates.ts'

const authority = createAuthority('Test CA')
const { listen, certificates } = bunPlatform()

const rsa = (modulusLength: number) => keysOf(generateKeyPairSync('rsa', { modulusLength }).privateKey)
const ec = (namedCurve: string) => keysOf(generateKeyPairSync('ec', { namedCurve }).privateKey)
const ed25519 = keysOf(generateKeyPairSync('ed25519').privateKey)
const [rsa2048, p256, other] = [rsa(2048), ec('P-256'), ec('P-256')]
const own = authority.certifyKeys(p256)
const { certificate, key } = own
const cut = certificate.slice(0, 200)
const der = (pem: string) =>
  new TextDecoder().decode(Buffer.from(pem.replaceAll(/-----.*-----|\n/g, ''), 'base64'))

/** What a client gets from a server with this pair: an answer, or what went wrong. */
async function serve({ certificate, key }: Certified): Promise<string> {
  const fetched = async (port: number) =>
    fetch(`https://localhost:${port}/`, { tls: { rejectUnauthorized: false } })
      .then((answer) => answer.text())
      .catch(() => 'no connection')
  try {
    const listener = listen({
      ...{ hostname: 'localhost', port: 0, tls: { certificate, key } },
      fetch: () => new Response('served'),
    })
    const text = await fetched(listener.port)
    await listener.close()
    return text
  } catch (cause) {
    if (cause instanceof ListenError) return 'no port'
    throw cause
  }
}

test.each<readonly [string, Certified]>([
  ['RSA of 2048 bits', authority.certifyKeys(rsa2048)],
  ['RSA of 3072 bits', authority.certifyKeys(rsa(3072))],
  ['P-256', own],
  ['P-384', authority.certifyKeys(ec('P-384'))],
  ['P-521', authority.certifyKeys(ec('P-521'))],
  ['Ed25519', authority.certifyKeys(ed25519)],
  ['an older block name', { certificate: certificate.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'), key }],
  [
    'lines of Windows',
    { certificate: certificate.replaceAll('\n', '\r\n'), key: key.replaceAll('\n', '\r\n') },
  ],
  ['both in one file', { certificate: key + certificate, key: key + certificate }],
  ['another key behind its own', { certificate, key: key + other.pem }],
  ['keyUsage with digitalSignature', authority.certifyKeys(p256, keyUsage(0x80, { isCritical: true }))],
  ['serverAuth', authority.certifyKeys(p256, purpose(1))],
])('a good pair is served: %s', async (_what, pair) => {
  expect(certificates.readPair(pair)).toMatchObject({ facts: { isForServers: true } })
  expect(await serve(pair)).toBe('served')
})

test.each<readonly [string, string, Certified]>([
  ['RSA of 512 bits', 'short-key', authority.certifyKeys(rsa(512))],
  ['P-224', 'unknown-key', authority.certifyKeys(ec('P-224'))],
  ['Ed448', 'unknown-key', authority.certifyKeys(ed448Keys())],
  ['a key of another certificate', 'other-key', { certificate, key: other.pem }],
  ['its key behind another one', 'later-key', { certificate, key: other.pem + key }],
  [
    'ECDSA without digitalSignature',
    'no-signatures',
    authority.certifyKeys(p256, keyUsage(8, { isCritical: true })),
  ],
  [
    'RSA for encryption',
    'no-signatures',
    authority.certifyKeys(rsa2048, keyUsage(0x20, { isCritical: true })),
  ],
  [
    'RSA that signs certificates',
    'no-signatures',
    authority.certifyKeys(rsa2048, keyUsage(4, { isCritical: false })),
  ],
  ['the authority first', 'not-first', { certificate: authority.certificate + certificate, key }],
  ['a certificate that was cut', 'broken-certificate', { certificate: cut, key }],
  ['a second certificate that was cut', 'broken-certificate', { certificate: certificate + cut, key }],
  ['an empty certificate', 'no-certificate', { certificate: '', key }],
  ['an empty key', 'no-key', { certificate, key: '' }],
  ['a certificate in DER', 'no-certificate', { certificate: der(certificate), key }],
  ['a key in DER', 'no-key', { certificate, key: der(key) }],
])('a pair that cannot be served is refused before: %s', async (_what, fault, pair) => {
  expect(certificates.readPair(pair)).toEqual({ fault } as ReturnType<typeof certificates.readPair>)
  expect(await serve(pair)).toMatch(/^no (?:port|connection)$/)
})

test('RSA that is too short for most clients is refused too, although some clients take it', () => {
  expect(certificates.readPair(authority.certifyKeys(rsa(1024)))).toEqual({ fault: 'short-key' })
})

test('a certificate for clients alone says so', () => {
  const read = certificates.readPair(authority.certifyKeys(p256, purpose(2)))
  expect(read).toMatchObject({ facts: { isForServers: false } })
})
