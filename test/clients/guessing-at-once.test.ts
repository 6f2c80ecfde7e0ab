import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { authenticateClient } from '../../src/clients/authentication/authentication.ts'
import { ClientRegistry } from '../../src/clients/client-registry.ts'
import { clients } from '../../src/clients/client-row.ts'
import { AttemptLimits } from '../../src/limits/attempt-limits.ts'
import { OAuthError } from '../../src/protocol/errors.ts'
import { parseSecretHash, SecretChecker } from '../../src/secrets/secret-checker.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { builtClientsOf } from '../support/built-clients.ts'
import { failingStorage, pausesOf } from '../support/failing-storage.ts'
import { checkerWith, FakePasswordHash, hashing } from '../support/fake-secrets.ts'
import { aClient } from '../support/settings.ts'
import { sameLimitKey } from '../support/test-app.ts'
import { nothingPresented } from './nothing-presented.ts'

const guesser = '192.0.2.1'
const neighbour = '203.0.113.7'
const free = 10
const limitSettings = {
  enabled: true,
  failures_per_client_and_address: free,
  failures_per_client: 100,
  failures_per_address: 100,
  failures_per_tenant: 1000,
  longest_backoff: 900,
}

/** Slow hashes that one process checks at once. Each of them may have a successor before its own failure is counted. */
const atOnce = 4
const hashes = { fast: `sha256:${hashing.sha256('right').toHex()}`, slow: '$fake$right' }

/** Takes longer than everything around it, as a real one does. */
class LongHash extends FakePasswordHash {
  override async verify(secret: string, hash: string): Promise<boolean> {
    for (let left = 50; left > 0; left--) await undefined
    return super.verify(secret, hash)
  }
}

/** Processes with one client, of config.yaml or stored, over one storage. */
async function start(place: 'configured' | 'stored', hash: string) {
  const storage = failingStorage(createMemoryStorage())
  let time = 1_893_456_000_000
  const now = () => time
  const secret = { id: 'default', hash: parseSecretHash(hash), notBefore: null, expiresAt: null }
  const client = aClient('app', { secrets: [secret] })
  const { configured: _, id: __, ...settings } = client
  const secrets = [{ id: 'default', hash, not_before: null, expires_at: null, created_at: 0 }]
  const value = { ...settings, created_at: 0, secrets }
  if (place === 'stored') await storage.of('acme').of(clients).create({ id: 'app', value })
  const configured = builtClientsOf('acme', place === 'configured' ? [client] : [])
  const newProcess = () => {
    const limits = new AttemptLimits({
      ...{ storage, hashing, settings: limitSettings, now, monotonic: now, after: () => () => {} },
      randomBytes: sameLimitKey,
      onError: (cause) => {
        throw cause
      },
    })
    const slow = new LongHash()
    /** What was compared with the secret of the client, where the right one would have been let in. */
    const checked: string[] = []
    const checker = checkerWith(slow, { atOnce })
    const deps = {
      clients: new ClientRegistry(configured, { hashing, storage }).of('acme'),
      secrets: Object.assign(checker, {
        findMatch: (presented, compared, options) => {
          if (options.useMemory && hash === hashes.fast) checked.push(presented)
          return SecretChecker.prototype.findMatch.call(checker, presented, compared, options)
        },
      } satisfies Pick<SecretChecker, 'findMatch'>),
      now,
      tenantId: 'acme',
      findAssertionDeps: () => {
        throw new TypeError('Nobody sends an assertion here')
      },
    }
    /** Whether the secret is taken. */
    const ask = async (clientSecret: string, address = guesser): Promise<boolean> => {
      const subject = { tenantId: 'acme', kind: 'client', key: 'app', address: () => address }
      const openAttempt = () => limits.open(subject, () => {})
      try {
        await authenticateClient(
          { ...nothingPresented, clientId: 'app', clientSecret },
          { ...deps, openAttempt },
        )
        return true
      } catch (cause) {
        if (!(cause instanceof OAuthError)) throw cause
        return false
      }
    }
    const guess = async (count: number): Promise<number> => {
      const before = checked.length + slow.asked.length
      await Promise.all(Array.from({ length: count }, () => ask('wrong')))
      return checked.length + slow.asked.length - before
    }
    return { ask, guess, flush: () => limits.flush() }
  }
  const advance = (seconds: number) => {
    time += seconds * 1000
  }
  return { storage, newProcess, advance }
}

const cases = [
  ['configured', 'fast'],
  ['configured', 'slow'],
  ['stored', 'fast'],
] as const

test.each(cases)(
  'of guesses at once at a %s client with a %s hash, no more are checked than the limit says',
  (place, kind) =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 20 }),
        fc.integer({ min: 1, max: 10 }),
        async (ticks, count) => {
          const { storage, newProcess, advance } = await start(place, hashes[kind])
          const processes = Array.from({ length: count }, newProcess)
          const [first] = processes
          expect(await first?.ask('right', neighbour)).toBe(true)
          storage.pause = pausesOf(ticks)
          const beside = kind === 'slow' ? 2 * atOnce : 0
          const all = async (guesses: number) => {
            const [checked] = await Promise.all([
              Promise.all(processes.map(({ guess }) => guess(guesses))),
              ...processes.map(({ flush }) => flush()),
            ])
            expect(await first?.ask('right', neighbour)).toBe(true)
            return checked
          }
          for (const checked of await all(40)) expect(checked).toBeLessThanOrEqual(free + beside)
          for (let wait = 1; wait < 900; wait *= 2) {
            for (const { flush } of processes) await flush()
            advance(wait)
            for (const checked of await all(20)) expect(checked).toBeLessThanOrEqual(kind === 'slow' ? 2 : 1)
          }
        },
      ),
      { numRuns: 20 },
    ),
)
