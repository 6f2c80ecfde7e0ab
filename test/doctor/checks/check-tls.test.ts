import { expect, test } from 'bun:test'
import { checkTls, type TlsState } from '../../../src/doctor/checks/check-tls.ts'

const now = Date.UTC(2030, 0, 1)
const day = 86_400_000
const facts = {
  ...{ notBefore: now - day, notAfter: now + 60 * day, names: 'DNS:id.example.com', fingerprint: 'AA' },
  ...{ isOrdered: true, isForServers: true, isFor: (host: string): boolean => host === 'id.example.com' },
}
const pairOf = (more: Partial<typeof facts> = {}) => ({
  pair: { certificate: '', key: 'PRIVATE' },
  facts: { ...facts, ...more },
})
const served = { notAfter: now + 60 * day, isTrusted: true, complaint: '', fingerprint: 'AA' }
const check = (more: Partial<TlsState> = {}) =>
  checkTls({
    ...{ now, pair: pairOf(), certFile: 'tls/cert.pem', served, url: 'https://id.example.com' },
    ...{ isLoopback: false, isServing: true, ...more },
  })
const states = (more: Partial<TlsState>) => check(more).map(({ state }) => state)

test('files and what is served fit and last', () => {
  expect(check().map(({ message }) => message)).toEqual([
    'tls/cert.pem fits its key, is in order and ends in 60 days',
    'https://id.example.com shows a certificate that is accepted and ends in 60 days',
  ])
})

test('each fault of the files is told of: its end, its beginning, its order, its name, its key', () => {
  const first = (more: Partial<typeof facts>) => check({ pair: pairOf(more) })[0]
  expect(first({ notAfter: now })).toMatchObject({
    state: 'fault',
    message: expect.stringContaining('expired on 2030-01-01'),
  })
  expect(first({ notAfter: now + 14 * day })).toMatchObject({ state: 'warning' })
  expect(first({ notBefore: now + 1 })).toMatchObject({ state: 'fault' })
  expect(first({ isOrdered: false })).toMatchObject({ state: 'fault' })
  expect(first({ isForServers: false })).toMatchObject({ state: 'fault' })
  expect(first({ isFor: () => false })?.message).toBe(
    'the certificate of tls/cert.pem is not for id.example.com, the host of server.public_url, but for DNS:id.example.com',
  )
  const other = check({ pair: { key: 'key_file', fault: 'is not the key of the certificate' } })
  expect(other[0]?.message).toBe('server.tls.key_file names a file which is not the key of the certificate')
})

test('what clients see counts too: nobody who vouches, the end, another certificate, nothing', () => {
  const seen = (more: Partial<typeof served>) => states({ served: { ...served, ...more } })
  expect(seen({ isTrusted: false, complaint: 'SELF_SIGNED' })).toEqual(['ok', 'fault'])
  expect(seen({ notAfter: now - 1, isTrusted: false })).toEqual(['ok', 'fault'])
  expect(seen({ fingerprint: 'BB' })).toEqual(['ok', 'warning'])
  expect(states({ served: undefined, pair: undefined })).toEqual(['fault'])
  expect(states({ served: undefined, pair: undefined, isServing: false })).toEqual(['unknown'])
})

test('plain http is fine on this machine alone', () => {
  const plain = { pair: undefined, served: undefined }
  expect(states({ ...plain, url: 'http://localhost:3000', isLoopback: true })).toEqual(['ok'])
  expect(states({ ...plain, url: 'http://id.example.com' })).toEqual(['warning'])
})

test('nothing of the key is said', () => {
  expect(JSON.stringify(check())).not.toContain('PRIVATE')
})
