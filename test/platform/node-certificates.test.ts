import { expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { nodeCertificates } from '../../src/platform/node/node-certificates.ts'
import { createAuthority } from '../support/certificates.ts'

const authority = createAuthority('Test CA')
const own = authority.certify('id.example.com', '127.0.0.1')
const other = authority.certify('other.example.com')
const { readPair } = nodeCertificates

const factsOf = (certificate: string) => {
  const read = readPair({ certificate, key: own.key })
  if (!('facts' in read)) throw new Error(read.fault)
  return read.facts
}

test('a pair says for which hosts it is, from when until when, and whether its chain is in order', () => {
  const facts = factsOf(own.certificate + authority.certificate)
  expect(facts.names).toBe('DNS:id.example.com, IP Address:127.0.0.1')
  expect(facts.isFor('id.example.com')).toBe(true)
  expect(facts.isFor('127.0.0.1')).toBe(true)
  expect(facts.isFor('other.example.com')).toBe(false)
  expect(facts.isFor('127.0.0.2')).toBe(false)
  expect(new Date(facts.notBefore).toISOString()).toBe('2025-01-01T00:00:00.000Z')
  expect(new Date(facts.notAfter).toISOString()).toBe('2049-12-31T23:59:59.000Z')
  expect(facts.fingerprint).toMatch(/^(?:[\dA-F]{2}:){31}[\dA-F]{2}$/)
  expect(facts.isOrdered).toBe(true)
  expect(factsOf(own.certificate).isOrdered).toBe(true)
  expect(factsOf(own.certificate + other.certificate).isOrdered).toBe(false)
})

const encrypted = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' },
}).privateKey
const broken = (text: string) => text.replace(/\n[\w+/=]+\n/, '\nAAAA\n')

test.each([
  ['nothing', '', own.key, 'no-certificate'],
  ['a key in place of the certificate', own.key, own.key, 'no-certificate'],
  ['a broken certificate', broken(own.certificate), own.key, 'broken-certificate'],
  [
    'a good certificate before a broken one',
    own.certificate + broken(other.certificate),
    own.key,
    'broken-certificate',
  ],
  ['a certificate in place of the key', own.certificate, own.certificate, 'no-key'],
  ['an encrypted key', own.certificate, encrypted, 'encrypted-key'],
  [
    'an encrypted key of the older form',
    own.certificate,
    own.key.replace('\n', '\nProc-Type: 4,ENCRYPTED\n'),
    'encrypted-key',
  ],
  ['a broken key', own.certificate, broken(own.key), 'broken-key'],
  ['the key of another certificate', own.certificate, other.key, 'other-key'],
  ['the certificate of the authority first', authority.certificate + own.certificate, own.key, 'not-first'],
] as const)('%s is told apart', (_what, certificate, key, fault) => {
  expect(readPair({ certificate, key })).toEqual({ fault })
})
