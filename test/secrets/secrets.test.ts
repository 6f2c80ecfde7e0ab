import { expect, setDefaultTimeout, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { OAuthError } from '../../src/protocol/errors.ts'
import {
  type CheckOptions,
  parseSecretHash,
  type SecretChecker,
  type SecretHash,
} from '../../src/secrets/secret-checker.ts'
import { checkerWith, FakePasswordHash } from '../support/fake-secrets.ts'
import { settle, waitFor } from '../support/wait-for.ts'

setDefaultTimeout(60_000)

const hex = createHash('sha256').update('own-secret-1').digest('hex')
const slow = (secret: string): SecretHash => parseSecretHash(`$fake$${secret}`)
const useMemory = { useMemory: true }

async function isRight(
  checker: SecretChecker,
  secret: string,
  hash: SecretHash,
  options: Omit<CheckOptions, 'asker'>,
): Promise<boolean> {
  return (
    (await checker.findMatch(secret, [hash], {
      ...options,
      asker: { tenantId: 'acme', findSource: () => '', id: 'app' },
    })) === 0
  )
}

const spellings = [`sha256:${hex}`, `sha256:${hex.toUpperCase()}`]
test.each(spellings)('the secret of %s is right and any other wrong', async (text) => {
  const fake = new FakePasswordHash()
  const checker = checkerWith(fake)
  const hash = parseSecretHash(text)
  expect(hash.kind).toBe('sha256')
  expect(await isRight(checker, 'own-secret-1', hash, useMemory)).toBe(true)
  for (const wrong of ['own-secret-2', 'Own-secret-1', 'own-secret-1 ', '', hex, text])
    expect(await isRight(checker, wrong, hash, useMemory)).toBe(false)
  expect(fake.asked).toEqual([])
})

const { passwordHash } = bunPlatform()
const cheap = [
  [
    'argon2id',
    await Bun.password.hash('own-secret-1', { algorithm: 'argon2id', memoryCost: 8, timeCost: 1 }),
  ],
  ['bcrypt', await Bun.password.hash('own-secret-1', { algorithm: 'bcrypt', cost: 4 })],
] as const
test.each(cheap)('the secret of a hash of %s is right and any other wrong', async (_name, text) => {
  const checker = checkerWith(passwordHash)
  const hash = parseSecretHash(text)
  expect(hash).toEqual({ kind: 'slow', text })
  for (const memory of [false, true, true])
    expect(await isRight(checker, 'own-secret-1', hash, { useMemory: memory })).toBe(true)
  for (const wrong of ['own-secret-2', '', 'own-secret-1\0', 'x'.repeat(1000)])
    expect(await isRight(checker, wrong, hash, useMemory)).toBe(false)
})
test.each(['$2a$', '$2y$'])(
  'a bcrypt hash that starts with %s is checked like one of $2b$',
  async (prefix) => {
    const hash = parseSecretHash(cheap[1][1].replace('$2b$', prefix))
    expect(await isRight(checkerWith(passwordHash), 'own-secret-1', hash, useMemory)).toBe(true)
  },
)

test('a right secret costs one slow check, a wrong one costs one each time', async () => {
  const fake = new FakePasswordHash()
  const checker = checkerWith(fake)
  for (const _ of [1, 2, 3]) expect(await isRight(checker, 'right', slow('right'), useMemory)).toBe(true)
  expect(fake.asked).toEqual(['right $fake$right'])
  for (const _ of [1, 2]) expect(await isRight(checker, 'wrong', slow('right'), useMemory)).toBe(false)
  expect(fake.asked).toHaveLength(3)
})

test('a sparing check is slow only where that decides something, and lets the right secret in', async () => {
  const fake = new FakePasswordHash()
  const checker = checkerWith(fake)
  const sparing = { useMemory: true, isSparing: true }
  expect(await isRight(checker, 'right', slow('right'), { useMemory: false, isSparing: true })).toBe(false)
  expect(fake.asked).toEqual([])
  expect(await isRight(checker, 'right', slow('right'), sparing)).toBe(true)
  for (const _ of [1, 2]) expect(await isRight(checker, 'wrong', slow('right'), sparing)).toBe(false)
  expect(await isRight(checker, 'right', slow('right'), sparing)).toBe(true)
  expect(fake.asked).toEqual(['right $fake$right'])
  expect(await isRight(checker, 'wrong', slow('right'), useMemory)).toBe(false)
  expect(fake.asked).toHaveLength(2)
})

test('a secret is remembered for its own hash alone', async () => {
  const fake = new FakePasswordHash()
  const checker = checkerWith(fake)
  expect(await isRight(checker, 'one', slow('one'), useMemory)).toBe(true)
  expect(await isRight(checker, 'one', slow('two'), useMemory)).toBe(false)
  expect(await isRight(checker, 'two', slow('one'), useMemory)).toBe(false)
  expect(fake.asked).toHaveLength(3)
})

test('without the memory nothing is looked up and nothing remembered', async () => {
  const fake = new FakePasswordHash()
  const checker = checkerWith(fake)
  const check = (memory: boolean) => isRight(checker, 'right', slow('right'), { useMemory: memory })
  expect([await check(false), await check(false)]).toEqual([true, true])
  expect(fake.asked).toHaveLength(2)
  expect(await check(true)).toBe(true)
  expect(fake.asked).toHaveLength(3)
  expect(await check(false)).toBe(true)
  expect(fake.asked).toHaveLength(4)
})

test('ten thousand secrets are remembered, and those unused for longest are forgotten for more', async () => {
  const fake = new FakePasswordHash()
  const checker = checkerWith(fake)
  const check = (number: number) => isRight(checker, `s${number}`, slow(`s${number}`), useMemory)
  for (let number = 0; number < 10_000; number++) await check(number)
  await check(0)
  expect(fake.asked).toHaveLength(10_000)
  await check(10_000)
  await check(0)
  for (let number = 10_001; number < 20_000; number++) await check(number)
  await check(0)
  expect(fake.asked).toHaveLength(20_000)
  await check(1)
  expect(fake.asked.at(-1)).toBe('s1 $fake$s1')
  expect(fake.asked).toHaveLength(20_001)
})

test('slow checks run a few at a time, all to their end', async () => {
  const fake = new FakePasswordHash()
  const open = Promise.withResolvers<void>()
  fake.until = open.promise
  const checker = checkerWith(fake, { atOnce: 3 })
  const checks = Array.from({ length: 20 }, (_, n) => isRight(checker, `s${n}`, slow(`s${n % 2}`), useMemory))
  await waitFor('some checks run', () => fake.running > 0)
  expect(fake.running).toBe(3)
  open.resolve()
  expect((await Promise.all(checks)).filter(Boolean)).toHaveLength(2)
  expect([fake.mostRunning, fake.asked.length]).toEqual([3, 20])
})

test('one more than may wait is refused for now, and those that wait are answered', async () => {
  const fake = new FakePasswordHash()
  const open = Promise.withResolvers<void>()
  fake.until = open.promise
  const checker = checkerWith(fake, { atOnce: 1 })
  const checks = Array.from({ length: 65 }, () =>
    isRight(checker, 'right', slow('right'), { useMemory: false }),
  )
  const refused = await isRight(checker, 'right', slow('right'), useMemory).catch((cause: unknown) => cause)
  expect(refused).toMatchObject({
    code: 'temporarily_unavailable',
    status: 503,
    message: 'Too many requests are waiting',
    retryAfterSeconds: 1,
  })
  const fast = parseSecretHash(`sha256:${hex}`)
  expect(await isRight(checker, 'own-secret-1', fast, useMemory)).toBe(true)
  open.resolve()
  expect(await Promise.all(checks)).toEqual(Array(65).fill(true))
  expect(await isRight(checker, 'right', slow('right'), useMemory)).toBe(true)
})

test('ninety guesses at one tenant make neither other tenants nor other clients of it wait, and known ones go first', async () => {
  const fake = new FakePasswordHash()
  const open = Promise.withResolvers<void>()
  fake.until = open.promise
  const checker = checkerWith(fake, { atOnce: 1 })
  const check = (tenantId: string, id: string, isKnown = false) =>
    checker.findMatch(`${tenantId} ${id}`, [slow('x')], {
      useMemory: false,
      asker: { tenantId, findSource: () => '', id, isKnown: async () => isKnown },
    })
  const guesses = Array.from({ length: 90 }, () =>
    Promise.resolve(check('acme', 'guessed')).catch(() => 'refused'),
  )
  await settle()
  const others = [check('acme', 'first-time'), check('beta', 'first-time'), check('acme', 'guessed', true)]
  await settle()
  open.resolve()
  await Promise.all(others)
  const placeOf = (text: string, from = 1) =>
    fake.asked.findIndex((line, at) => at >= from && line.startsWith(text))
  // One guess was begun before they came; the known one has the next turn.
  expect(placeOf('acme guessed')).toBe(1)
  expect(placeOf('beta first-time')).toBeLessThan(5)
  expect(placeOf('acme first-time')).toBeLessThan(5)
  expect((await Promise.all(guesses)).filter((answer) => answer === 'refused')).toHaveLength(25)
})

test('what waited is not worked on once it must not be', async () => {
  const fake = new FakePasswordHash()
  const open = Promise.withResolvers<void>()
  fake.until = open.promise
  const checker = checkerWith(fake, { atOnce: 1 })
  let isOver = false
  const guard = (check: () => Promise<boolean>) => {
    if (isOver) throw new OAuthError('temporarily_unavailable', 'Too many failed attempts; try again later')
    return check()
  }
  const asker = { tenantId: 'acme', findSource: () => '', id: 'app', guard }
  const checks = Array.from({ length: 5 }, () =>
    Promise.resolve(checker.findMatch('x', [slow('y')], { useMemory: false, asker })).catch(
      (cause) => cause.code,
    ),
  )
  await settle()
  isOver = true
  open.resolve()
  expect(await Promise.all(checks)).toEqual([undefined, ...Array(4).fill('temporarily_unavailable')])
  expect(fake.asked).toHaveLength(1)
})

test('a hash that the runtime cannot check is unavailable, neither right nor wrong, is not remembered, and gives its place back', async () => {
  let calls = 0
  const broken = {
    verify: () => (++calls < 3 ? Promise.reject(new RangeError('weak')) : Promise.resolve(true)),
  }
  const checker = checkerWith(broken, { atOnce: 1 })
  for (const _ of [1, 2])
    await expect(isRight(checker, 'a', slow('a'), useMemory)).rejects.toThrow(
      'A secret_hash cannot be checked',
    )
  expect(await isRight(checker, 'a', slow('a'), useMemory)).toBe(true)
})

test('a runtime without slow hashes says so', async () => {
  await expect(isRight(checkerWith(undefined), 'a', slow('a'), useMemory)).rejects.toThrow(
    'This runtime has no slow password hash',
  )
})
