import { expect, setDefaultTimeout, test } from 'bun:test'
import { createPublicKey, type KeyObject } from 'node:crypto'
import { chmod, mkdir, readFile, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { Exposure } from '../../src/exposure.ts'
import { KeyError } from '../../src/keys/key-plan.ts'
import { FileMaterial } from '../../src/keys/material/file-material.ts'
import type { SignatureAlgorithm } from '../../src/protocol/algorithms.ts'
import {
  ecPair,
  edPair,
  filesBelow,
  keyHost,
  keyringOf,
  modeOf,
  pemOf,
  pkcs8,
  planFor,
  putKeyFile,
  rsaPair,
} from '../support/signing.ts'
import { withTempFolder } from '../support/temp-folder.ts'

setDefaultTimeout(60_000)

const rsa = rsaPair()
const ec = ecPair()
const ecPem = pkcs8(ec.privateKey)
const spki = (key: KeyObject) => String(createPublicKey(key).export({ type: 'spki', format: 'pem' }))

const damaged =
  'is damaged, or holds a key of a kind that is not RSA, P-256, P-384 or Ed25519; restore it from a backup'
const convert = 'wanted PKCS#8; convert it: openssl pkcs8 -topk8 -nocrypt -in OLD -out NEW'
const encrypted = 'is encrypted; decrypt it: openssl pkcs8 -in OLD -out NEW'
const empty = 'is empty; restore it from a backup, or remove it for a new key'
const cutOff = 'is cut off: its END line is missing; restore it from a backup'
const noPem = 'has no private key in it, wanted PEM with -----BEGIN PRIVATE KEY-----'
const another = (found: string, wanted: string, algorithm: string) =>
  `holds an ${found} key, wanted an ${wanted} key for ${algorithm}; set signing.algorithm to fit, or name another file`

type Row = readonly [what: string, algorithm: SignatureAlgorithm, content: string, complaint: string]

const cutBody = ecPem.replace(/\n[^\n]{20}/, '\n')
const encryptedPkcs8 = String(
  ec.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }),
)
const pkcs1 = String(rsa.privateKey.export({ type: 'pkcs1', format: 'pem' }))
const encryptedPkcs1 = pkcs1.replace(
  'KEY-----\n',
  'KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n',
)
const sec1 = String(ec.privateKey.export({ type: 'sec1', format: 'pem' }))

const rows: readonly Row[] = [
  ['nothing', 'ES256', '', empty],
  ['blanks', 'ES256', ' \n\n', empty],
  ['a text', 'ES256', 'hello', noPem],
  ['NUL bytes', 'ES256', '\0'.repeat(100), noPem],
  ['the first half of a key', 'ES256', ecPem.slice(0, 100), cutOff],
  ['a key without its last line', 'ES256', ecPem.replace(/-----END.*\n/, ''), cutOff],
  ['a key with a piece cut out', 'ES256', cutBody, damaged],
  ['a key with nothing between its lines', 'ES256', pemOf(new Uint8Array()), damaged],
  ['a key with signs that are no base64', 'ES256', ecPem.replace(/\n.{4}/, '\n!!!!'), damaged],
  ['a public key', 'ES256', spki(ec.privateKey), 'holds a public key, wanted the private one'],
  [
    'a certificate',
    'ES256',
    pemOf(new Uint8Array(9), 'CERTIFICATE'),
    'holds a certificate, wanted the private key',
  ],
  ['a PKCS#1 key', 'RS256', pkcs1, `is a PKCS#1 key, ${convert}`],
  ['an encrypted PKCS#1 key', 'RS256', encryptedPkcs1, encrypted],
  ['a SEC1 key', 'ES256', sec1, `is a SEC1 key, ${convert}`],
  ['an encrypted PKCS#8 key', 'ES256', encryptedPkcs8, encrypted],
  ['an EC key', 'RS256', ecPem, another('EC P-256', 'RSA', 'RS256')],
  ['an RSA key', 'ES256', pkcs8(rsa.privateKey), another('RSA', 'EC P-256', 'ES256')],
  ['a P-384 key', 'ES256', pkcs8(ecPair('P-384').privateKey), another('EC P-384', 'EC P-256', 'ES256')],
  ['a P-256 key', 'ES384', ecPem, another('EC P-256', 'EC P-384', 'ES384')],
  ['an Ed25519 key', 'PS256', pkcs8(edPair().privateKey), another('OKP Ed25519', 'RSA', 'PS256')],
  ['an RSA key', 'EdDSA', pkcs8(rsa.privateKey), another('RSA', 'OKP Ed25519', 'EdDSA')],
  [
    'an RSA key of 1024 bits',
    'RS256',
    pkcs8(rsaPair(1024).privateKey),
    'is an RSA key of 1024 bits, wanted at least 2048',
  ],
  ['two keys', 'ES256', ecPem + ecPem, 'holds more than one thing, wanted one private key alone'],
  [
    'a key and its public key',
    'ES256',
    ecPem + spki(ec.privateKey),
    'holds more than one thing, wanted one private key alone',
  ],
  [
    '64 KB and more',
    'ES256',
    ecPem + '\n'.repeat(65_536),
    `has ${ecPem.length + 65_536} bytes, wanted at most 65536`,
  ],
]

async function refusalOf(plan: Parameters<typeof keyringOf>[0]): Promise<string> {
  const error = await keyringOf(plan)
    .of(plan.tenantId)
    .catch((cause: unknown) => cause)
  if (!(error instanceof KeyError)) throw new TypeError('The key was not refused', { cause: error })
  return error.message
}

test.each(rows)(
  'a file with %s is refused for %s, by name, and left as it is',
  (_what, algorithm, content, complaint) =>
    withTempFolder(async (folder) => {
      const path = await putKeyFile(join(folder, 'keys/acme/k1.pem'), content)
      const message = `Cannot load the signing key of tenant 'acme': ${path} ${complaint}`
      expect(await refusalOf(planFor(folder, { algorithm }))).toBe(message)
      expect(await refusalOf(planFor(folder, { algorithm, kid: null }))).toBe(message)
      expect(await refusalOf(planFor(join(folder, 'other'), { algorithm, file: path }))).toBe(message)
      expect(await filesBelow(folder)).toEqual(['keys/acme/k1.pem'])
      expect(await readFile(path, 'utf8')).toBe(content)
      expect(await modeOf(path)).toBe('0600')
    }),
)

test.each([
  [0o644, 'readable'],
  [0o604, 'readable'],
  [0o666, 'readable'],
  [0o777, 'readable'],
  [0o602, 'writable'],
])('a key file that others can touch (mode %d) is refused and not mended in silence', (mode, verb) =>
  withTempFolder(async (folder) => {
    const path = await putKeyFile(join(folder, 'keys/acme/k1.pem'), ecPem, mode)
    const octal = `0${mode.toString(8)}`
    const refusal = `Cannot load the signing key of tenant 'acme': ${path} is ${verb} by others (mode ${octal}), wanted 0600; run: chmod 0600 ${path}`
    expect(await refusalOf(planFor(folder))).toBe(refusal)
    expect(await refusalOf(planFor(join(folder, 'other'), { file: path }))).toBe(refusal)
    expect(await modeOf(path)).toBe(octal)
  }),
)

test.each([
  [0o640, 'readable'],
  [0o440, 'readable'],
  [0o660, 'writable'],
  [0o670, 'writable'],
])('a key file that its group can touch (mode %d) is taken, and told of', (mode, verb) =>
  withTempFolder(async (folder) => {
    const path = await putKeyFile(join(folder, 'keys/acme/k1.pem'), ecPem, mode)
    const told: Exposure[] = []
    const host = { ...keyHost, onExposure: (exposure: Exposure) => void told.push(exposure) }
    const keyring = keyringOf(planFor(folder), { host, material: new FileMaterial(host) })
    expect((await keyring.of('acme')).active.kid).toBe('k1')
    const complaint = `is ${verb} by its group (mode 0${mode.toString(8)}); see that nobody but grantd is in the group, or run: chmod 0600 ${path}`
    expect(told).toEqual([{ path, gravity: 'note', complaint }])
  }),
)

test('a Secret of Kubernetes is taken as it is mounted: links of links, mode 0440', () =>
  withTempFolder(async (folder) => {
    const kept = join(folder, 'mount/..2030_01_01')
    await putKeyFile(join(kept, 'tls.key'), ecPem, 0o440)
    await symlink('..2030_01_01', join(folder, 'mount/..data'))
    await symlink('..data/tls.key', join(folder, 'mount/tls.key'))
    const file = join(folder, 'mount/tls.key')
    expect((await keyringOf(planFor(folder, { file })).of('acme')).active.kid).toBe('k1')
    await chmod(join(kept, 'tls.key'), 0o444)
    expect(await refusalOf(planFor(folder, { file }))).toContain(`${file} is readable by others (mode 0444)`)
  }))

test.each([0o600, 0o400, 0o700])('a key file of its owner alone (mode %d) is taken', (mode) =>
  withTempFolder(async (folder) => {
    await putKeyFile(join(folder, 'keys/acme/k1.pem'), ecPem, mode)
    expect((await keyringOf(planFor(folder)).of('acme')).active.kid).toBe('k1')
  }),
)

test('a key file with CRLF line ends is taken', () =>
  withTempFolder(async (folder) => {
    const file = await putKeyFile(join(folder, 'k.pem'), ecPem.replaceAll('\n', '\r\n'))
    const { x, y } = ec.publicKey.export({ format: 'jwk' })
    expect((await keyringOf(planFor(folder, { file })).of('acme')).active.jwk).toMatchObject({ x, y })
  }))

test('a folder in the place of the key is refused', () =>
  withTempFolder(async (folder) => {
    const path = join(folder, 'keys/acme/k1.pem')
    await mkdir(path, { recursive: true })
    const message = `Cannot load the signing key of tenant 'acme': ${path} is not a file`
    for (const plan of [planFor(folder), planFor(folder, { kid: null }), planFor(folder, { file: path })])
      expect(await refusalOf(plan)).toBe(message)
  }))

test('a private_key_file that is not there is refused, and none is made', () =>
  withTempFolder(async (folder) => {
    const file = join(folder, 'given.pem')
    expect(await refusalOf(planFor(folder, { file }))).toBe(
      `Cannot load the signing key of tenant 'acme': ${file} does not exist; put the key there, or leave private_key_file out for a generated one`,
    )
    expect(await filesBelow(folder)).toEqual([])
  }))

test('a file in the place of a folder is refused', () =>
  withTempFolder(async (folder) => {
    await putKeyFile(join(folder, 'keys'), 'text')
    for (const kid of ['k1', null]) {
      expect(await refusalOf(planFor(folder, { kid }))).toMatch(
        /^Cannot load the signing key of tenant 'acme': Cannot (create|write|list) .*: (EEXIST|ENOTDIR); a file is where a folder is wanted: choose another data_dir$/,
      )
    }
    expect(await readFile(join(folder, 'keys'), 'utf8')).toBe('text')
  }))

test('several keys without a kid are refused by their names, and a kid chooses', () =>
  withTempFolder(async (folder) => {
    for (const name of ['b.pem', 'a.pem']) await putKeyFile(join(folder, 'keys/acme', name), ecPem)
    expect(await refusalOf(planFor(folder, { kid: null }))).toBe(
      `Cannot load the signing key of tenant 'acme': ${folder}/keys/acme holds 2 keys (a.pem, b.pem); say which one with signing.kid`,
    )
    expect((await keyringOf(planFor(folder, { kid: 'b' })).of('acme')).active.kid).toBe('b')
  }))

test('a broken file that is repaired is taken at the next request, without a restart', () =>
  withTempFolder(async (folder) => {
    const path = await putKeyFile(join(folder, 'keys/acme/k1.pem'), '')
    const keyring = keyringOf(planFor(folder))
    await expect(keyring.of('acme')).rejects.toBeInstanceOf(KeyError)
    await putKeyFile(path, ecPem, 0o644)
    await expect(keyring.of('acme')).rejects.toThrow('is readable by others')
    await chmod(path, 0o600)
    const keys = await keyring.of('acme')
    await rm(path)
    expect(await keyring.of('acme')).toBe(keys)
  }))

const flipped: readonly [algorithm: SignatureAlgorithm, der: Uint8Array, step: number][] = [
  ['ES256', ec.privateKey.export({ type: 'pkcs8', format: 'der' }), 1],
  ['RS256', rsa.privateKey.export({ type: 'pkcs8', format: 'der' }), 16],
]
test.each(flipped)('a key for %s with one flipped bit anywhere is refused', (algorithm, der, step) =>
  withTempFolder(async (folder) => {
    for (let at = 0; at < der.length; at += step) {
      const broken = Uint8Array.from(der, (byte, index) => (index === at ? byte ^ 1 : byte))
      const file = await putKeyFile(join(folder, 'k.pem'), pemOf(broken))
      const message = await refusalOf(planFor(folder, { algorithm, file }))
      expect(message).toStartWith(`Cannot load the signing key of tenant 'acme': ${file} `)
      expect(await readFile(file, 'utf8')).toBe(pemOf(broken))
    }
  }),
)
