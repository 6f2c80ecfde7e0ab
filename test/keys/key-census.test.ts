import { expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { takeCensus } from '../../src/keys/key-census.ts'
import { KeyError } from '../../src/keys/key-plan.ts'
import { startTestApp } from '../support/test-app.ts'

const queue = { waiting: 0, refused: 0 }
const never = Number.POSITIVE_INFINITY

function ring(dueAt: number, activatedAt: number | null, failure?: Error) {
  const ring = { dueAt, activatedAt, failure } as never
  return { ring, failingSince: undefined }
}

test('the census counts tenants, steps and ages over all that are opened or surveyed', () => {
  const census = takeCensus({
    opened: new Map([
      ['a', ring(5000, 100)],
      ['b', ring(900, 300)],
      ['c', ring(never, null, new Error('unreadable'))],
    ]),
    surveyed: { failing: 2, list: () => [{ dueAt: 4000, activatedAt: 200 }] },
    queue,
    now: 1000,
  })
  expect(census).toEqual({
    ...{ tenants: 4, due: 1, failing: 3, queue },
    // The step of b is due already.
    ...{ nextStepAt: 1000, oldestActivatedAt: 100, newestActivatedAt: 300 },
  })
})

test('without a tenant, or a step, there is no time', () => {
  const none = { nextStepAt: undefined, oldestActivatedAt: undefined, newestActivatedAt: undefined }
  const surveyed = { failing: 0, list: () => [] }
  expect(takeCensus({ opened: new Map(), surveyed, queue, now: 1 })).toMatchObject({ tenants: 0, ...none })
  const opened = new Map([['a', ring(never, null)]])
  expect(takeCensus({ opened, surveyed, queue, now: 1 })).toMatchObject({ tenants: 1, ...none })
})

test('a hundred thousand tenants are counted in one go', () => {
  const opened = new Map(Array.from({ length: 100_000 }, (_, index) => [String(index), ring(index, index)]))
  const census = takeCensus({ opened, surveyed: { failing: 0, list: () => [] }, queue, now: 99_990 })
  expect(census).toMatchObject({
    tenants: 100_000,
    due: 99_991,
    nextStepAt: 99_990,
    newestActivatedAt: 99_999,
  })
})

test('a tenant whose keys cannot be opened counts as failing until they can', async () => {
  const app = await startTestApp(
    `tenants: { acme: { name: A, oauth2: {}, signing: { algorithm: ES256, private_key_file: missing.pem }, clients: { app: { secret: own-secret-1 } } } }`,
  )
  const { keyring } = app.deps
  expect(keyring.takeCensus().failing).toBe(0)
  for (let times = 0; times < 2; times++) await expect(keyring.of('acme')).rejects.toBeInstanceOf(KeyError)
  expect(keyring.takeCensus().failing).toBe(1)
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' })
  await writeFile(join(app.folder, 'missing.pem'), pem, { mode: 0o600 })
  await keyring.of('acme')
  expect(keyring.takeCensus()).toMatchObject({ failing: 0, tenants: 1 })
  await app.close()
})
