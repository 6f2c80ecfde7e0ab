import { expect, test } from 'bun:test'
import { weighOpenssl } from '../../src/platform/openssl/openssl-prospects.ts'

const plain = 'flags\t\t: fpu avx2 avx512f avx512vl sha_ni\n'
const withIfma = 'flags\t\t: fpu avx2 avx512f avx512ifma avx512vl\n'

test('OpenSSL is tried for RSA where its fast path may be, and where nobody knows', () => {
  expect(weighOpenssl('RSA 2048', { machine: 'x64', processor: withIfma })).toBeUndefined()
  expect(weighOpenssl('RSA 4096', { machine: 'arm64', processor: 'Features: fp asimd\n' })).toBeUndefined()
  expect(weighOpenssl('RSA 2048', { machine: 'x64', processor: '' })).toBeUndefined()
})

test('it is not loaded where it cannot win', () => {
  expect(weighOpenssl('RSA 2048', { machine: 'x64', processor: plain })).toContain('AVX-512 IFMA')
  for (const kind of ['P-256', 'P-384', 'Ed25519'])
    expect(weighOpenssl(kind, { machine: 'x64', processor: withIfma })).toContain('this curve')
})
