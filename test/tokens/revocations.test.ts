import { describe, expect, test } from 'bun:test'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { type Storage, StorageError } from '../../src/storage/storage.ts'
import { revocations } from '../../src/tokens/revocation-row.ts'
import {
  findRevocation,
  revokeToken,
  revokeTokensOfClient,
  revokeTokensOfTenant,
} from '../../src/tokens/revocations.ts'
import { failingStorage, rowsOf } from '../support/failing-storage.ts'

const now = 1_893_456_000_000
const second = now / 1000
const token = { jti: 'j1', client_id: 'svc', iat: second }
const start = () => failingStorage(createMemoryStorage())

async function isRevoked(storage: Storage, tenantId: string, claims: typeof token): Promise<boolean> {
  return (await findRevocation(storage, tenantId, claims))(claims.iat) !== undefined
}

describe('one token', () => {
  test('is revoked by its jti at its tenant, whatever else it says', async () => {
    const storage = start()
    await revokeToken(storage, 'acme', { jti: 'j1', exp: second + 60, now })
    expect(await isRevoked(storage, 'acme', token)).toBe(true)
    expect(await isRevoked(storage, 'acme', { ...token, client_id: 'x', iat: second + 999 })).toBe(true)
    expect(await isRevoked(storage, 'acme', { ...token, jti: 'j2' })).toBe(false)
    expect(await isRevoked(storage, 'beta', token)).toBe(false)
  })

  test('is asked for in one look', async () => {
    const storage = start()
    await isRevoked(storage, 'acme', token)
    expect(storage.calls).toEqual(['acme revocation findMany'])
  })

  test('revoked twice is one row, of the first time', async () => {
    const storage = start()
    await revokeToken(storage, 'acme', { jti: 'j1', exp: second + 60, now })
    await revokeToken(storage, 'acme', { jti: 'j1', exp: second + 60, now: now + 5000 })
    expect(await rowsOf(storage, 'acme', revocations)).toMatchObject([
      { id: 'token:j1', value: { before: second }, version: 1, expiresAt: now + 60_000 },
    ])
  })

  test('is forgotten once it has expired, and not before', async () => {
    const storage = start()
    await revokeToken(storage, 'acme', { jti: 'j1', exp: second + 60, now })
    expect(await storage.deleteExpired(now + 59_999, 10)).toBe(0)
    expect(await isRevoked(storage, 'acme', token)).toBe(true)
    expect(await storage.deleteExpired(now + 60_000, 10)).toBe(1)
  })

  test('whose jti looks like another kind of row revokes no more than itself', async () => {
    const storage = start()
    for (const jti of ['tenant', 'client:svc', '../tenant'])
      await revokeToken(storage, 'acme', { jti, exp: second + 60, now })
    expect(await isRevoked(storage, 'acme', token)).toBe(false)
  })
})

describe('the tokens of a client', () => {
  test('are revoked up to and with the second that is named, and no others', async () => {
    const storage = start()
    await revokeTokensOfClient(storage, 'acme', { clientId: 'svc', before: second })
    expect(await isRevoked(storage, 'acme', { ...token, iat: 0 })).toBe(true)
    expect(await isRevoked(storage, 'acme', token)).toBe(true)
    expect(await isRevoked(storage, 'acme', { ...token, iat: second + 1 })).toBe(false)
    expect(await isRevoked(storage, 'acme', { ...token, client_id: 'SVC' })).toBe(false)
    expect(await isRevoked(storage, 'beta', token)).toBe(false)
  })

  test('stay revoked for ever: the row has no end', async () => {
    const storage = start()
    await revokeTokensOfClient(storage, 'acme', { clientId: 'svc', before: second })
    expect(await storage.deleteExpired(Number.MAX_SAFE_INTEGER, 10)).toBe(0)
  })

  test('a later time wins over an earlier one, in either order', async () => {
    for (const times of [
      [second, second + 10],
      [second + 10, second],
    ]) {
      const storage = start()
      for (const before of times) await revokeTokensOfClient(storage, 'acme', { clientId: 'svc', before })
      expect(await rowsOf(storage, 'acme', revocations)).toMatchObject([
        { id: 'client:svc', value: { before: second + 10 } },
      ])
    }
  })

  test('50 at once end with the latest time', async () => {
    const storage = start()
    const times = Array.from({ length: 50 }, (_, n) => second + ((n * 17) % 50))
    await Promise.all(
      times.map((before) => revokeTokensOfClient(storage, 'acme', { clientId: 'svc', before })),
    )
    expect(await rowsOf(storage, 'acme', revocations)).toMatchObject([{ value: { before: second + 49 } }])
  })

  test('whose id holds a colon are its own', async () => {
    const storage = start()
    await revokeTokensOfClient(storage, 'acme', { clientId: 'a:b', before: second })
    expect(await isRevoked(storage, 'acme', { ...token, client_id: 'a:b' })).toBe(true)
    expect(await isRevoked(storage, 'acme', { ...token, client_id: 'a' })).toBe(false)
  })
})

test('the tokens of a tenant are revoked of every client, there alone', async () => {
  const storage = start()
  await revokeTokensOfTenant(storage, 'acme', { before: second })
  for (const client_id of ['svc', 'other']) {
    expect(await isRevoked(storage, 'acme', { ...token, client_id })).toBe(true)
    expect(await isRevoked(storage, 'acme', { ...token, client_id, iat: second + 1 })).toBe(false)
    expect(await isRevoked(storage, 'beta', { ...token, client_id })).toBe(false)
  }
})

test('of a token, its client and its tenant, each revokes by itself', async () => {
  const storage = start()
  await revokeTokensOfTenant(storage, 'acme', { before: second - 20 })
  await revokeTokensOfClient(storage, 'acme', { clientId: 'svc', before: second - 10 })
  expect(await isRevoked(storage, 'acme', { ...token, iat: second - 20 })).toBe(true)
  expect(await isRevoked(storage, 'acme', { ...token, iat: second - 10 })).toBe(true)
  expect(await isRevoked(storage, 'acme', { ...token, iat: second - 9 })).toBe(false)
  expect(await isRevoked(storage, 'acme', { ...token, client_id: 'x', iat: second - 19 })).toBe(false)
})

test('a storage that is away throws, and answers neither way', async () => {
  const storage = start()
  storage.failing = true
  const attempts = [
    () => isRevoked(storage, 'acme', token),
    () => revokeToken(storage, 'acme', { jti: 'j1', exp: second + 60, now }),
    () => revokeTokensOfClient(storage, 'acme', { clientId: 'svc', before: second }),
    () => revokeTokensOfTenant(storage, 'acme', { before: second }),
  ]
  for (const attempt of attempts) await expect(attempt()).rejects.toThrow(StorageError)
})
