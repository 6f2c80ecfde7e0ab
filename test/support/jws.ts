import { createHmac } from 'node:crypto'
import { JwtExpired, JwtInvalid, verifyJwt } from '../../src/keys/jwt.ts'
import type { TenantKeys } from '../../src/keys/tenant-keys.ts'
import type { SignatureAlgorithm } from '../../src/protocol/algorithms.ts'
import { keyringOf, openKey, planFor } from './signing.ts'
import { withTempFolder } from './temp-folder.ts'

/** The clock of these tests, in seconds. */
export const now = 1_893_456_000
export const issuer = 'https://issuer.example'
export const claims = { iss: issuer, sub: 'app', iat: now, exp: now + 60 }

/** The keys of a new tenant, of whose files nothing stays. */
export function newKeys(algorithm: SignatureAlgorithm = 'ES256'): Promise<TenantKeys> {
  return withTempFolder(async (folder) => {
    const plan = planFor(folder, { algorithm })
    await openKey(plan)
    return keyringOf(plan).of(plan.tenantId)
  })
}

/** What our verifier says of a token: its claims, or the name of the refusal; any other error fails the test. */
export async function judge(
  token: string,
  keys: TenantKeys,
  { at = now, types = ['JWT'] }: { at?: number; types?: readonly string[] } = {},
): Promise<Record<string, unknown> | 'expired' | 'invalid'> {
  try {
    return await verifyJwt(token, { keys, issuer, types, now: at * 1000 })
  } catch (cause) {
    if (cause instanceof JwtExpired) return 'expired'
    if (cause instanceof JwtInvalid) return 'invalid'
    throw cause
  }
}

export function encode(value: unknown): string {
  return Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
}

/** A compact JWS over any header at all, with the HMAC of `secret`, or without a signature. */
export function forge(header: unknown, payload: unknown, secret?: Uint8Array | string): string {
  const input = `${encode(header)}.${encode(payload)}`
  if (secret === undefined) return `${input}.`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

/** A compact JWS over any header and payload text, really signed with `key` by its own algorithm. */
export async function signRaw(header: unknown, payload: unknown, key: CryptoKey): Promise<string> {
  const input = `${encode(header)}.${encode(payload)}`
  const algorithm = key.algorithm.name === 'ECDSA' ? { name: 'ECDSA', hash: 'SHA-256' } : key.algorithm.name
  const signature = await crypto.subtle.sign(algorithm, key, new TextEncoder().encode(input))
  return `${input}.${Buffer.from(signature).toString('base64url')}`
}
