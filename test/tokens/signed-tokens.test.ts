import { describe, expect, spyOn, test } from 'bun:test'
import { parseSigningKey } from '../../src/keys/signing-key.ts'
import { bunHashing } from '../../src/platform/bun/bun-hashing.ts'
import { nodeHashing } from '../../src/platform/node/node-hashing.ts'
import { SignedTokens } from '../../src/tokens/signed-tokens.ts'
import { newKeys } from '../support/jws.ts'
import { ecPair, pkcs8 } from '../support/signing.ts'

const secret = new Uint8Array(32).fill(7)
const open = (hashing = bunHashing) => new SignedTokens({ hashing, secret })

describe.each([
  ['Bun', bunHashing],
  ['node:crypto', nodeHashing],
] as const)('tokens that were signed, by the hashes of %s', (_, hashing) => {
  test('are known with their key, byte for byte', async () => {
    const memory = open(hashing)
    const { active } = await newKeys()
    memory.remember('a.b.c', active)
    expect(memory.has('a.b.c', active)).toBe(true)
    for (const other of ['a.b.C', 'a.b.c ', 'a.b.', '', '1.a.b.c'])
      expect(memory.has(other, active)).toBe(false)
  })
})

const pem = pkcs8(ecPair().privateKey)

test('are not known with another key, were it the same one read again', async () => {
  const memory = open()
  const read = () => parseSigningKey(pem, { algorithm: 'ES256', kid: 'k1' })
  const [active, again] = [await read(), await read()]
  memory.remember('a.b.c', active)
  expect(memory.has('a.b.c', again)).toBe(false)
  memory.remember('d.e.f', again)
  expect(memory.has('a.b.c', again)).toBe(false)
  expect(memory.has('d.e.f', again)).toBe(true)
})

test('a token cannot lend its first characters to the number of a key', async () => {
  const memory = open()
  const [first, second] = [(await newKeys()).active, (await newKeys()).active]
  memory.remember('x', first)
  memory.remember('y', second)
  for (let n = 3; n < 13; n++) memory.remember('z', (await newKeys()).active)
  memory.remember('0.t', first)
  expect(memory.has('t', first)).toBe(false)
  expect(memory.has('0.t', second)).toBe(false)
})

test('all of the last ten thousand, and not the first of many', async () => {
  const memory = open()
  const { active } = await newKeys()
  const count = 200_000
  for (let n = 0; n < count; n++) memory.remember(`token.${n}`, active)
  const known = (from: number) =>
    Array.from({ length: 1000 }, (_, n) => memory.has(`token.${from + n}`, active)).filter(Boolean).length
  expect(known(count - 1000)).toBe(1000)
  expect(known(count - 10_000)).toBeGreaterThan(980)
  expect(known(0)).toBeLessThan(20)
})

test('are found under a secret alone that nobody else knows', async () => {
  const { active } = await newKeys()
  const hmac = spyOn(bunHashing, 'hmacSha256')
  open().remember('a.b.c', active)
  expect(hmac.mock.calls.at(-1)?.[0]).toBe(secret)
  hmac.mockRestore()
})
