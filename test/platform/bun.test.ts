import { expect, test } from 'bun:test'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { detectPlatform } from '../../src/platform/detect.ts'
import { ListenError } from '../../src/platform/network.ts'
import { nodeHashing } from '../../src/platform/node/node-hashing.ts'

const platform = bunPlatform()
const bytes = (text: string) => new TextEncoder().encode(text)
const listen = (port: number, fetch: () => Promise<Response> = async () => new Response('hello')) =>
  platform.listen({ hostname: '127.0.0.1', port, fetch })

test('Bun is found, with slow hashes and a processor at least', async () => {
  const found = await detectPlatform()
  expect(found.name).toBe('bun')
  expect(found.passwordHash).toBeDefined()
  expect(found.cores).toBeGreaterThanOrEqual(1)
})

test.each([
  ['Bun', platform.hashing],
  ['node:crypto', nodeHashing],
])('an HMAC of %s does not throw what an import of a broken key left', async (_, hashing) => {
  const beside = { kty: 'EC', crv: 'P-256', x: 'A'.repeat(43), y: 'A'.repeat(43) }
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const imported = crypto.subtle.importKey('jwk', beside, algorithm, true, ['verify'])
  await imported.then(
    () => expect.unreachable(),
    () => undefined,
  )
  expect(hashing.hmacSha256(bytes('key'), 'text')).toHaveLength(32)
})

test.each([
  ['Bun', platform.hashing],
  ['node:crypto', nodeHashing],
])('SHA-256 and its HMAC of %s give the values of FIPS 180-2 and RFC 4231', (_, hashing) => {
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
  expect(hashing.sha256('abc').toHex()).toBe(abc)
  expect(hashing.sha256(bytes('abc')).toHex()).toBe(abc)
  expect(hashing.hmacSha256(bytes('Jefe'), 'what do ya want for nothing?').toHex()).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  )
})

test.each([
  ['Bun', platform.hashing],
  ['node:crypto', nodeHashing],
])('SHA-384 and SHA-512 of %s give the values of FIPS 180-2', (_, hashing) => {
  expect(hashing.sha384('abc').toHex()).toBe(
    'cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7',
  )
  expect(hashing.sha512('abc').toHex()).toBe(
    'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f',
  )
})

test.each([
  ['Bun', platform.hashing],
  ['node:crypto', nodeHashing],
])('to %s bytes are equal when all of them are', (_, { equal }) => {
  expect(equal(bytes('abc'), bytes('abc'))).toBe(true)
  expect(equal(bytes(''), bytes(''))).toBe(true)
  for (const other of ['abd', 'Abc', 'ab', 'abcd', '']) expect(equal(bytes('abc'), bytes(other))).toBe(false)
})

test('random bytes are as many as asked for, and others each time', () => {
  expect(platform.randomBytes(32)).toHaveLength(32)
  expect(platform.randomBytes(0)).toHaveLength(0)
  expect(platform.randomBytes(32).toHex()).not.toBe(platform.randomBytes(32).toHex())
})

test('the environment gives what is set and nothing for what is not', () => {
  process.env['GRANTD_TEST_ENVIRONMENT'] = 'here'
  try {
    expect(platform.environment('GRANTD_TEST_ENVIRONMENT')).toBe('here')
  } finally {
    delete process.env['GRANTD_TEST_ENVIRONMENT']
  }
  expect(platform.environment('GRANTD_TEST_ENVIRONMENT')).toBeUndefined()
})

test('a listener answers on the free port that it took, until it is closed', async () => {
  const listener = listen(0)
  const url = `http://127.0.0.1:${listener.port}/`
  expect(await (await fetch(url)).text()).toBe('hello')
  await listener.close()
  await expect(fetch(url)).rejects.toThrow()
})

test('a port in use is refused with the word of the system, and the first goes on', async () => {
  const first = listen(0)
  try {
    const error = await Promise.try(() => listen(first.port)).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ListenError)
    expect(error).toMatchObject({ code: 'EADDRINUSE', message: 'Cannot listen: EADDRINUSE' })
    expect((await fetch(`http://127.0.0.1:${first.port}/`)).status).toBe(200)
  } finally {
    await first.close()
  }
})

test('what is in flight is answered after accepting has stopped', async () => {
  const arrived = Promise.withResolvers<void>()
  const open = Promise.withResolvers<Response>()
  const listener = listen(0, () => {
    arrived.resolve()
    return open.promise
  })
  const url = `http://127.0.0.1:${listener.port}/`
  const answer = fetch(url)
  await arrived.promise
  const drained = listener.drain()
  await expect(fetch(url, { keepalive: false })).rejects.toThrow()
  open.resolve(new Response('late'))
  expect(await (await answer).text()).toBe('late')
  await drained
})

test('a timer calls back once, and not when it was cancelled', async () => {
  const calls: string[] = []
  const kept = Promise.withResolvers<void>()
  const cancel = platform.after(1, () => calls.push('cancelled'))
  platform.after(1, () => calls.push('kept'))
  platform.after(2, kept.resolve)
  cancel()
  await kept.promise
  expect(calls).toEqual(['kept'])
})

test('stop signals are heard until they are no longer listened to', () => {
  const heard: string[] = []
  const stopListening = platform.onStopSignal((signal) => heard.push(signal))
  process.emit('SIGTERM')
  process.emit('SIGINT')
  stopListening()
  process.emit('SIGTERM')
  expect(heard).toEqual(['SIGTERM', 'SIGINT'])
})
