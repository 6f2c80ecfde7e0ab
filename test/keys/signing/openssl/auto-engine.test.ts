import { expect, test } from 'bun:test'
import * as jose from 'jose'
import { signJwt } from '../../../../src/keys/jwt.ts'
import type { EngineNews } from '../../../../src/keys/signing/openssl/engine-news.ts'
import { openOpensslEngine } from '../../../../src/keys/signing/openssl/openssl-engine.ts'
import { parseSigningKey, type SigningKey } from '../../../../src/keys/signing-key.ts'
import type { SignatureAlgorithm } from '../../../../src/protocol/algorithms.ts'
import { FakeHost, pems } from '../../../support/engines.ts'
import { pkcs8, rsaPair } from '../../../support/signing.ts'
import { settle } from '../../../support/wait-for.ts'

const news: EngineNews[] = []

async function start(host: FakeHost, processes = 2) {
  news.length = 0
  const engine = await openOpensslEngine('auto', {
    host,
    processes,
    onNews: (one) => news.push(one),
    onThreadEnd: () => {},
  })
  const open = (algorithm: SignatureAlgorithm, pem = pems[algorithm]) =>
    parseSigningKey(pem, { algorithm, kid: 'k1' }, engine)
  return { engine, open }
}

async function expectGood(key: SigningKey): Promise<void> {
  await jose.jwtVerify(await signJwt({ sub: 'a' }, { key, typ: 'JWT' }), key.publicKey)
}

test('a key signs in the built-in engine until OpenSSL was measured to be faster, and there from then on', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.32 })
  const { engine, open } = await start(host)
  const key = await open('RS256')
  await expectGood(key)
  // Nothing of OpenSSL is touched before the server had time to start.
  expect([host.opened, host.openssl.signatures]).toEqual([0, 0])
  await host.settle()
  expect(news).toEqual([
    {
      kind: 'RSA 2048',
      engine: 'openssl',
      costs: { builtin: expect.closeTo(0.62), openssl: expect.closeTo(0.32) },
      library: 'OpenSSL 3.9.9',
      provider: 'fips',
    },
  ])
  const { signatures } = host.openssl
  await expectGood(key)
  expect(host.openssl.signatures).toBe(signatures + 1)
  expect(host.openssl.keys).toBe(1)
  // A key of the kind that comes later signs there at once, whatever its hash.
  await expectGood(await open('PS512'))
  expect([host.openssl.keys, host.opened, news.length, host.timers]).toEqual([2, 1, 1, 0])
  // The bytes that the keys were read from are overwritten.
  expect(host.pems.every((pem) => pem.every((byte) => byte === 0))).toBe(true)
  engine.close()
  expect(host.openssl.keys).toBe(0)
})

test('where OpenSSL cannot be faster it is not loaded', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.32 })
  host.hopeless = 'it has no fast path here'
  const { open } = await start(host)
  const key = await open('RS256')
  await host.settle()
  expect(news).toEqual([{ kind: 'RSA 2048', engine: 'builtin', reason: 'it has no fast path here' }])
  await expectGood(key)
  await expectGood(await open('RS256'))
  expect([host.opened, host.openssl.signatures, host.timers]).toEqual([0, 0, 0])
})

test('every key that waits goes over, and each kind is measured by itself', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.32 })
  const { open } = await start(host)
  const keys = [await open('RS256'), await open('RS256', pkcs8(rsaPair().privateKey)), await open('ES384')]
  await host.settle()
  expect(news.map(({ kind, engine }) => [kind, engine])).toEqual([
    ['RSA 2048', 'openssl'],
    ['P-384', 'openssl'],
  ])
  const { signatures } = host.openssl
  for (const key of keys) await expectGood(key)
  expect(host.openssl.signatures).toBe(signatures + 3)
})

test('where OpenSSL is no faster every key stays, and none is left in it', async () => {
  const host = new FakeHost({ builtin: 0.02, openssl: 0.03 })
  const { open } = await start(host)
  const key = await open('ES256')
  await host.settle()
  expect(news).toMatchObject([{ kind: 'P-256', engine: 'builtin', provider: 'fips' }])
  const { signatures } = host.openssl
  await expectGood(key)
  await expectGood(await open('ES256'))
  expect([host.openssl.signatures, host.openssl.keys]).toEqual([signatures, 0])
  expect(host.pems.every((pem) => pem.every((byte) => byte === 0))).toBe(true)
})

test('one process that leaves a core to the threads of the runtime keeps them', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.32 })
  const { open } = await start(host, 1)
  await open('RS256')
  await host.settle()
  expect(news).toMatchObject([{ kind: 'RSA 2048', engine: 'builtin' }])
})

test('one process that leaves a core to threads of OpenSSL signs on those once they were measured to be faster', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.32 }, 8)
  const { engine, open } = await start(host, 1)
  const key = await open('RS256')
  await expectGood(key)
  expect(host.threads.most).toBe(0)
  await host.settle()
  expect(news).toMatchObject([{ kind: 'RSA 2048', engine: 'openssl', threads: 2 }])
  expect(host.threads).toEqual({ most: 2, signatures: 0, isClosed: false })
  const { signatures } = host.openssl
  await expectGood(key)
  await expectGood(await open('PS256'))
  // The new key is checked, and makes a token.
  expect([host.threads.signatures, host.openssl.signatures]).toEqual([3, signatures])
  engine.close()
  expect(host.threads.isClosed).toBe(true)
  await settle()
  expect([host.openssl.keys, host.timers]).toEqual([0, 0])
})

test('what OpenSSL is no faster with gets no threads', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.6 }, 8)
  const { open } = await start(host, 1)
  await open('RS256')
  await host.settle()
  expect(news[0]).toMatchObject({ engine: 'builtin' })
  expect(news[0]).not.toHaveProperty('threads')
  expect(host.threads.most).toBe(0)
})

test('where there is no OpenSSL the built-in engine signs, and that is told without fuss', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.32 })
  host.missing = 'there is no /lib/libcrypto.so.3'
  const { open } = await start(host)
  const key = await open('RS256')
  await host.settle()
  expect(news).toEqual([{ kind: 'RSA 2048', engine: 'builtin', reason: 'there is no /lib/libcrypto.so.3' }])
  await expectGood(key)
})

test('a key whose signatures from OpenSSL are not good stays, and no token is made of one', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.32 })
  const { open } = await start(host)
  const key = await open('RS256')
  host.isBroken = true
  await host.settle()
  expect(news).toMatchObject([
    { kind: 'RSA 2048', engine: 'openssl' },
    { kind: 'RSA 2048', engine: 'builtin', reason: 'signature verification failed' },
  ])
  await expectGood(key)
  expect(host.openssl.keys).toBe(0)
})

test('a key that OpenSSL takes no more signs in the built-in engine', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.32 })
  const { open } = await start(host)
  await open('RS256')
  await host.settle()
  host.refusal = 'not with this provider'
  await expectGood(await open('RS256'))
  expect(news[1]).toEqual({ kind: 'RSA 2048', engine: 'builtin', reason: 'not with this provider' })
})

test('keys that are closed before it is known are not opened in OpenSSL, and the next one is measured', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.32 })
  const { open } = await start(host)
  const first = await open('RS256')
  first.signer.close()
  await host.settle()
  expect([news.length, host.opened]).toEqual([0, 0])
  await open('RS256')
  await host.settle()
  expect(news).toMatchObject([{ engine: 'openssl' }])
  expect(host.openssl.keys).toBe(1)
})

test('an engine that is closed while it waits measures nothing', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.32 })
  const { engine, open } = await start(host)
  await open('RS256')
  engine.close()
  expect(host.timers).toBe(0)
  await host.settle()
  expect([news.length, host.opened]).toEqual([0, 0])
})

test('a key that OpenSSL does not take, where it was asked for, is refused with the next step', async () => {
  const host = new FakeHost({ builtin: 0.62, openssl: 0.32 })
  host.refusal = 'not in FIPS'
  const engine = await openOpensslEngine('openssl', { host, onNews: () => {}, onThreadEnd: () => {} })
  await expect(parseSigningKey(pems.EdDSA, { algorithm: 'EdDSA', kid: 'k' }, engine)).rejects.toThrow(
    'is a key that OpenSSL does not sign with: not in FIPS; choose another signing.algorithm, or server.signing_engine: auto',
  )
  host.missing = 'there is no /lib/libcrypto.so.3'
  await expect(
    openOpensslEngine('openssl', { host, onNews: () => {}, onThreadEnd: () => {} }),
  ).rejects.toThrow(
    'Cannot sign with OpenSSL, as server.signing_engine wants: there is no /lib/libcrypto.so.3; install OpenSSL 3, or set it to auto',
  )
})
