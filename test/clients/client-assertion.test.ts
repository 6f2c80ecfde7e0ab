import { describe, expect, test } from 'bun:test'
import * as jose from 'jose'
import { authenticateClient } from '../../src/clients/authentication/authentication.ts'
import type { PresentedClient } from '../../src/clients/authentication/authentication-methods.ts'
import { type ClientAttempt, uncounted } from '../../src/clients/authentication/client-attempt.ts'
import type { Client } from '../../src/clients/client.ts'
import { ClientRegistry } from '../../src/clients/client-registry.ts'
import { usedAssertions } from '../../src/clients/client-row.ts'
import { assertionType } from '../../src/protocol/client-authentication.ts'
import { parseClientJwks } from '../../src/protocol/client-jwks.ts'
import { OAuthError } from '../../src/protocol/errors.ts'
import { parseSecretHash } from '../../src/secrets/secret-checker.ts'
import { createMemoryStorage } from '../../src/storage/memory.ts'
import { type Storage, StorageError } from '../../src/storage/storage.ts'
import {
  type AssertionParts,
  type ClientKeyPair,
  newClientKey,
  signAssertion,
} from '../support/assertions.ts'
import { builtClientsOf } from '../support/built-clients.ts'
import { checkerWith, FakePasswordHash, hashing } from '../support/fake-secrets.ts'
import { forge } from '../support/jws.ts'
import { aClient } from '../support/settings.ts'
import { testStart } from '../support/test-app.ts'
import { nothingPresented } from './nothing-presented.ts'

const issuer = 'https://acme.example'
const tokenEndpoint = 'https://id.example/api/v1/tenant/acme/oauth/token'

const es = await newClientKey('ES256', 'es')
const esNext = await newClientKey('ES256', 'es-next')
const rs = await newClientKey('RS256', 'rs')
const bare = await newClientKey('ES256')
const stranger = await newClientKey('ES256', 'es')

function keysOf(...pairs: readonly { readonly jwk: jose.JWK }[]) {
  const parsed = parseClientJwks({ keys: pairs.map(({ jwk }) => jwk) })
  if ('faults' in parsed) throw new TypeError(JSON.stringify(parsed.faults))
  return parsed
}

function client(id: string, changes: Partial<Client>): Client {
  return aClient(id, { token_endpoint_auth_method: 'private_key_jwt', ...changes })
}

const secret = {
  id: 'default',
  hash: parseSecretHash(`sha256:${hashing.sha256('s-secret').toHex()}`),
  notBefore: null,
  expiresAt: null,
}

const clients = [
  client('a', { jwks: keysOf(es) }),
  client('b', { jwks: keysOf(rs) }),
  client('rotating', { jwks: keysOf(es, esNext, rs, bare) }),
  client('asleep', { jwks: keysOf(es), active: false }),
  client('secretive', { token_endpoint_auth_method: null, secrets: [secret] }),
  client('both', { token_endpoint_auth_method: 'client_secret_post', secrets: [secret], jwks: keysOf(es) }),
]

interface Surroundings {
  readonly storage?: Storage
  readonly attempt?: ClientAttempt
  readonly now?: number
  readonly expiryCutoff?: number
}

function authenticate(presented: Partial<PresentedClient>, surroundings: Surroundings = {}) {
  const { storage = createMemoryStorage(), attempt, now = testStart, expiryCutoff = 0 } = surroundings
  const registry = new ClientRegistry(builtClientsOf('acme', clients), { hashing, storage })
  return authenticateClient(
    { ...nothingPresented, assertionType, ...presented },
    {
      clients: registry.of('acme'),
      secrets: checkerWith(new FakePasswordHash()),
      now: () => now,
      tenantId: 'acme',
      ...(attempt && { openAttempt: () => attempt }),
      findAssertionDeps: () => ({
        ...{ tenantId: 'acme', audiences: [issuer, tokenEndpoint], expiryCutoff, storage, hashing },
      }),
    },
  )
}

const sign = (parts: Partial<AssertionParts> = {}) =>
  signAssertion({ clientId: 'a', audience: issuer, key: es, ...parts })

/** Who was let in, or why not: the reason is for the log alone. */
async function outcomeOf(presented: Partial<PresentedClient>, surroundings?: Surroundings): Promise<string> {
  try {
    const { client: found, proof } = await authenticate(presented, surroundings)
    return `${found.id} by ${proof.kind} ${proof.id}`
  } catch (cause) {
    if (!(cause instanceof OAuthError)) throw cause
    expect([cause.code, cause.status, cause.challenge]).toEqual(['invalid_client', 401, undefined])
    const isNamed = cause.reason === 'malformed_credentials'
    expect(cause.message).toBe(
      isNamed ? 'The client credentials are malformed' : 'Client authentication failed',
    )
    return String(cause.reason)
  }
}

describe('a client with its key', () => {
  test('is known, for the issuer as for the token endpoint, as a text and as a list of one', async () => {
    for (const audience of [issuer, tokenEndpoint, [issuer], [tokenEndpoint]])
      expect(await outcomeOf({ assertion: await sign({ audience }) })).toBe('a by key es')
  })

  test('may name itself beside the assertion', async () => {
    expect(await outcomeOf({ assertion: await sign(), clientId: 'a' })).toBe('a by key es')
  })

  test('rotates: each of its keys works, and the kid chooses', async () => {
    for (const key of [es, esNext, rs])
      expect(await outcomeOf({ assertion: await sign({ clientId: 'rotating', key }) })).toBe(
        `rotating by key ${key.jwk.kid}`,
      )
    const wrongKid = await sign({ clientId: 'rotating', key: es, header: { kid: 'es-next' } })
    expect(await outcomeOf({ assertion: wrongKid })).toBe('wrong_signature')
  })

  test('needs no kid: every key of the algorithm is tried, and one without a kid is named by its thumbprint', async () => {
    for (const key of [es, esNext, rs]) {
      const { kid, ...jwk } = key.jwk
      const assertion = await sign({ clientId: 'rotating', key: { ...key, jwk } })
      expect(await outcomeOf({ assertion })).toBe(`rotating by key ${kid}`)
    }
    const thumbprint = await jose.calculateJwkThumbprint(bare.jwk)
    expect(await outcomeOf({ assertion: await sign({ clientId: 'rotating', key: bare }) })).toBe(
      `rotating by key ${thumbprint}`,
    )
  })

  test('may say typ JWT or client-authentication+jwt, and nothing else', async () => {
    for (const typ of ['JWT', 'jwt', 'client-authentication+jwt', 'application/client-authentication+jwt'])
      expect(await outcomeOf({ assertion: await sign({ header: { typ } }) })).toBe('a by key es')
    for (const typ of ['at+jwt', 'dpop+jwt', '', 1, null])
      expect(await outcomeOf({ assertion: await sign({ header: { typ } }) })).toBe('assertion_header')
  })
})

describe('an assertion', () => {
  const now = testStart / 1000
  const faults: readonly [what: string, parts: Partial<AssertionParts>, reason: string][] = [
    ['for somebody else', { audience: 'https://other.example' }, 'assertion_audience'],
    ['for others too', { audience: [issuer, 'https://other.example'] }, 'assertion_audience'],
    ['for both of our names', { audience: [issuer, tokenEndpoint] }, 'assertion_audience'],
    ['for nobody', { audience: undefined }, 'assertion_audience'],
    ['for an empty list', { audience: [] }, 'assertion_audience'],
    ['for a list in a list', { audience: [[issuer]] }, 'assertion_audience'],
    ['for the issuer with a slash', { audience: `${issuer}/` }, 'assertion_audience'],
    ['of another issuer', { claims: { iss: 'b' } }, 'assertion_issuer'],
    ['without an issuer', { claims: { iss: undefined } }, 'assertion_issuer'],
    ['without a jti', { claims: { jti: undefined } }, 'assertion_jti'],
    ['with an empty jti', { claims: { jti: '' } }, 'assertion_jti'],
    ['with a jti that is a number', { claims: { jti: 7 } }, 'assertion_jti'],
    ['with a jti of 257 characters', { claims: { jti: 'j'.repeat(257) } }, 'assertion_jti'],
    ['without exp', { claims: { exp: undefined } }, 'assertion_expiry'],
    ['with exp as a text', { claims: { exp: String(now + 60) } }, 'assertion_expiry'],
    ['with a negative exp', { claims: { exp: -1 } }, 'assertion_expiry'],
    ['of more than an hour', { claims: { exp: now + 3600 + 31 } }, 'assertion_expiry'],
    ['that is for ever', { claims: { exp: Number.MAX_SAFE_INTEGER } }, 'assertion_expiry'],
    ['that expired', { claims: { exp: now - 30 } }, 'assertion_expired'],
    ['of the future', { claims: { nbf: now + 31 } }, 'assertion_not_valid_yet'],
    ['that is issued in the future', { claims: { iat: now + 31 } }, 'assertion_not_valid_yet'],
    ['with nbf as a text', { claims: { nbf: '1' } }, 'assertion_not_valid_yet'],
    ['by the key of another', { key: stranger }, 'wrong_signature'],
    ['by a key that it does not have', { key: rs }, 'unknown_key'],
    ['by its key under another kid', { header: { kid: 'other' } }, 'unknown_key'],
    ['with a key of its own', { header: { jwk: stranger.jwk } }, 'assertion_header'],
    ['with the address of a key', { header: { jku: 'https://evil.example/jwks' } }, 'assertion_header'],
    ['with the address of a certificate', { header: { x5u: 'https://evil.example' } }, 'assertion_header'],
    ['with certificates', { header: { x5c: ['MIIB'] } }, 'assertion_header'],
    ['of an unknown client', { clientId: 'nobody' }, 'unknown_client'],
    ['of a client whose name objects have', { clientId: 'constructor' }, 'unknown_client'],
    ['of a client that is inactive', { clientId: 'asleep' }, 'client_inactive'],
    ['of a client that has a secret', { clientId: 'secretive' }, 'other_method'],
    ['of a client that is registered for its secret', { clientId: 'both' }, 'other_method'],
    ['of one client by the key of another', { clientId: 'b' }, 'unknown_key'],
  ]
  test.each(faults)('%s is refused', async (_what, parts, reason) => {
    const storage = createMemoryStorage()
    expect(await outcomeOf({ assertion: await sign(parts) }, { storage })).toBe(reason)
    // Nothing of it was used up: only what its signature proves leaves a row.
    expect(await storage.of('acme').hasRows({ except: [] })).toBe(false)
  })

  test('within the leeway of the clocks is taken', async () => {
    for (const claims of [
      { exp: now - 29 },
      { exp: now + 3630 },
      { iat: now + 30, nbf: now + 30 },
      { exp: now + 0.5 },
    ])
      expect(await outcomeOf({ assertion: await sign({ claims }) })).toBe('a by key es')
  })

  test('that expired by what was deleted stays expired, though the clock went back', async () => {
    const assertion = await sign()
    const expiryCutoff = testStart + 90_000
    expect(await outcomeOf({ assertion }, { expiryCutoff })).toBe('assertion_expired')
    expect(await outcomeOf({ assertion }, { expiryCutoff: expiryCutoff - 1 })).toBe('a by key es')
  })

  test('of a client beside the client_id of another is refused', async () => {
    const assertion = await sign()
    expect(await outcomeOf({ assertion, clientId: 'b' })).toBe('assertion_issuer')
    expect(await outcomeOf({ assertion, clientId: 'nobody' })).toBe('unknown_client')
    const mixed = await sign({ claims: { sub: 'b' } })
    expect(await outcomeOf({ assertion: mixed })).toBe('assertion_issuer')
    expect(await outcomeOf({ assertion: mixed, clientId: 'a' })).toBe('assertion_subject')
  })

  test('that was changed behind its signature is refused', async () => {
    const [header, , signature] = (await sign()).split('.')
    const [, payload] = (await sign({ claims: { jti: 'other' } })).split('.')
    expect(await outcomeOf({ assertion: `${header}.${payload}.${signature}` })).toBe('wrong_signature')
  })

  test('that is signed with the public key as a shared secret, or with nothing, is refused', async () => {
    const payload = { iss: 'a', sub: 'a', aud: issuer, exp: now + 60, jti: 'j' }
    const spki = await jose.exportSPKI((await jose.importJWK(es.jwk, 'ES256')) as CryptoKey)
    for (const key of [spki, JSON.stringify(es.jwk), String(es.jwk.x), ''])
      for (const alg of ['HS256', 'HS512', 'hs256'])
        expect(await outcomeOf({ assertion: forge({ alg, kid: 'es' }, payload, key) })).toBe(
          'assertion_algorithm',
        )
    for (const alg of ['none', 'None', 'NONE', 'constructor', 'ES256K', 'RSA-OAEP'])
      expect(await outcomeOf({ assertion: forge({ alg, kid: 'es' }, payload) })).toBe('assertion_algorithm')
    expect(await outcomeOf({ assertion: forge({ alg: 'ES256', kid: 'es' }, payload) })).toBe(
      'wrong_signature',
    )
    expect(await outcomeOf({ assertion: forge({ alg: 'RS256', kid: 'es' }, payload) })).toBe('unknown_key')
  })

  test('with a critical extension is refused, though it is signed', async () => {
    const [, payload = ''] = (await sign()).split('.')
    const header = { alg: 'ES256', kid: 'es', crit: ['b64'], b64: true }
    const jws = await new jose.CompactSign(Buffer.from(payload, 'base64url'))
      .setProtectedHeader(header)
      .sign(es.privateKey)
    expect(await outcomeOf({ assertion: jws })).toBe('assertion_header')
  })

  test('that is none is malformed', async () => {
    const good = await sign()
    const texts = [
      'x',
      '..',
      'a.b.c',
      `${good}.`,
      good.slice(1),
      good.replace('.', ''),
      `${good} `,
      `é${good}`,
    ]
    const noObject = forge({ alg: 'ES256' }, '[]')
    const noSubject = await sign({ claims: { sub: undefined } })
    const long = await sign({ claims: { pad: 'x'.repeat(8192) } })
    for (const assertion of [...texts, noObject, noSubject, long])
      expect(await outcomeOf({ assertion })).toBe('malformed_credentials')
  })

  test('of another type, or of none, is malformed', async () => {
    const assertion = await sign()
    for (const type of [
      undefined,
      '',
      `${assertionType} `,
      'urn:ietf:params:oauth:client-assertion-type:saml2-bearer',
    ])
      expect(await outcomeOf({ assertion, assertionType: type })).toBe('malformed_credentials')
  })

  test('beside another method is refused', async () => {
    const assertion = await sign()
    const twice: readonly Partial<PresentedClient>[] = [
      { basic: { clientId: 'a', clientSecret: 's-secret' } },
      { basic: 'malformed' },
      { clientId: 'a', clientSecret: 's-secret' },
    ]
    for (const other of twice) {
      const attempt = authenticate({ assertion, ...other })
      await expect(attempt).rejects.toMatchObject({ code: 'invalid_request', status: 400 })
    }
  })
})

describe('a client that is registered for keys', () => {
  test('does not get in with a secret', async () => {
    expect(await outcomeOf({ clientId: 'a', clientSecret: 's-secret' })).toBe('other_method')
    expect(await outcomeOf({ clientId: 'both', clientSecret: 's-secret' })).toBe('both by secret default')
    const attempt = authenticate({ basic: { clientId: 'both', clientSecret: 's-secret' } })
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_client', reason: 'other_method' })
  })
})

describe('an assertion counts once', () => {
  test('one after the other, and then at another process', async () => {
    const storage = createMemoryStorage()
    const assertion = await sign()
    expect(await outcomeOf({ assertion }, { storage })).toBe('a by key es')
    expect(await outcomeOf({ assertion }, { storage })).toBe('assertion_replayed')
    // The same jti again, newly signed.
    const again = await sign({ claims: { jti: jose.decodeJwt(assertion).jti } })
    expect(await outcomeOf({ assertion: again }, { storage })).toBe('assertion_replayed')
  })

  test('in parallel', async () => {
    const storage = createMemoryStorage()
    const assertion = await sign()
    const outcomes = await Promise.all(
      Array.from({ length: 50 }, () => outcomeOf({ assertion }, { storage })),
    )
    expect(outcomes.filter((outcome) => outcome === 'a by key es')).toHaveLength(1)
    expect(outcomes.filter((outcome) => outcome === 'assertion_replayed')).toHaveLength(49)
  })

  test('for each client by itself', async () => {
    const storage = createMemoryStorage()
    const claims = { jti: 'same' }
    expect(await outcomeOf({ assertion: await sign({ claims }) }, { storage })).toBe('a by key es')
    const other = await sign({ clientId: 'rotating', claims })
    expect(await outcomeOf({ assertion: other }, { storage })).toBe('rotating by key es')
  })

  test('until it expires: the row says until when it is kept', async () => {
    const storage = createMemoryStorage()
    const claims = { exp: testStart / 1000 + 600 }
    await authenticate({ assertion: await sign({ claims }) }, { storage })
    const rows = await storage.of('acme').of(usedAssertions).list({ limit: 10 })
    expect(rows.map(({ expiresAt }) => expiresAt)).toEqual([testStart + 630_000])
    expect(await storage.deleteExpired(testStart + 629_999, 10)).toBe(0)
    expect(await storage.deleteExpired(testStart + 630_000, 10)).toBe(1)
  })

  test('and not at all while the storage is away', async () => {
    const storage = createMemoryStorage()
    const away: Storage = {
      ...storage,
      of: (tenant) => {
        const rows = storage.of(tenant)
        return {
          ...rows,
          of: (kind) => ({ ...rows.of(kind), create: () => Promise.reject(new StorageError('away')) }),
        }
      },
    }
    await expect(authenticate({ assertion: await sign() }, { storage: away })).rejects.toBeInstanceOf(
      StorageError,
    )
  })
})

describe('failures are counted', () => {
  const counting = () => {
    const counted = { failed: 0, succeeded: 0 }
    const attempt: ClientAttempt = {
      ...uncounted,
      fail: () => {
        counted.failed += 1
        return undefined
      },
      succeed: () => {
        counted.succeeded += 1
      },
    }
    return { counted, attempt }
  }

  test('once for each, replays among them, and a success is one', async () => {
    const { counted, attempt } = counting()
    const storage = createMemoryStorage()
    const assertion = await sign()
    await outcomeOf({ assertion }, { storage, attempt })
    expect(counted).toEqual({ failed: 0, succeeded: 1 })
    await outcomeOf({ assertion }, { storage, attempt })
    await outcomeOf({ assertion: await sign({ key: stranger }) }, { storage, attempt })
    await outcomeOf({ assertion: await sign({ clientId: 'nobody' }) }, { storage, attempt })
    await outcomeOf({ assertion: await sign({ claims: { exp: 1 } }) }, { storage, attempt })
    expect(counted).toEqual({ failed: 4, succeeded: 1 })
  })

  test('and an attempt that has to wait uses nothing up', async () => {
    const storage = createMemoryStorage()
    const mustWait = new OAuthError('temporarily_unavailable', 'Wait', { status: 429 })
    const attempt = { ...uncounted, admit: () => Promise.reject(mustWait) }
    const assertion = await sign()
    await expect(authenticate({ assertion }, { storage, attempt })).rejects.toBe(mustWait)
    expect(await outcomeOf({ assertion }, { storage })).toBe('a by key es')
  })
})

test('Ed25519 has two names, and a key of either verifies both', async () => {
  for (const alg of ['EdDSA', 'Ed25519'])
    for (const name of ['EdDSA', 'Ed25519']) {
      const key = await newClientKey('EdDSA', 'k')
      clients.push(client('own', { jwks: keysOf({ jwk: { ...key.jwk, alg } }) }))
      const assertion = await sign({ clientId: 'own', key, header: { alg: name } })
      expect(await outcomeOf({ assertion })).toBe('own by key k')
      clients.pop()
    }
})

test.each(['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'EdDSA'] as const)(
  'an assertion by %s is verified, and one of another algorithm of the same key is not',
  async (algorithm) => {
    const key: ClientKeyPair = await newClientKey(algorithm, 'k')
    const own = client('own', { jwks: keysOf(key) })
    clients.push(own)
    try {
      expect(await outcomeOf({ assertion: await sign({ clientId: 'own', key }) })).toBe('own by key k')
      const other = algorithm === 'RS256' ? 'PS256' : 'RS256'
      const assertion = await sign({ clientId: 'own', key, header: { alg: algorithm } })
      const [, payload, signature] = assertion.split('.')
      const header = Buffer.from(JSON.stringify({ alg: other, kid: 'k' })).toString('base64url')
      expect(await outcomeOf({ assertion: `${header}.${payload}.${signature}` })).toBe('unknown_key')
    } finally {
      clients.pop()
    }
  },
)
