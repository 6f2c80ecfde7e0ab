import type { Hashing } from '../../platform/hashing.ts'
import type { Storage } from '../../storage/storage.ts'
import type { OAuth2Settings, Tenant } from '../../tenants/tenant.ts'
import { codes } from './code-row.ts'
import { type PersonGrant, toStoredGrant } from './person-grant.ts'

/** What an authorization code stands for (RFC 6749 section 4.1.2). */
export interface CodeContent extends PersonGrant {
  /** As the authorization request gave it. */
  readonly redirectUri: string
  /** The S256 challenge; null: the request had none. */
  readonly codeChallenge: string | null
}

export interface CodeDeps {
  readonly storage: Storage
  readonly hashing: Hashing
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/** A code has 256 bits. */
const codeBytes = 32

/** Makes an authorization code: 43 characters of base64url. It is durable when the promise resolves. Throws StorageError. */
export async function issueCode(
  content: CodeContent,
  { tenant, oauth2 }: { readonly tenant: Tenant; readonly oauth2: OAuth2Settings },
  { storage, hashing, now, randomBytes }: CodeDeps,
): Promise<string> {
  const code = randomBytes(codeBytes).toBase64({ alphabet: 'base64url', omitPadding: true })
  const created_at = now()
  const expires_at = created_at + codeTtl(oauth2) * 1000
  const value = {
    ...toStoredGrant(content),
    redirect_uri: content.redirectUri,
    code_challenge: content.codeChallenge,
    created_at,
    expires_at,
    failures: 0,
  }
  // The row outlives the code by the life of an access token, so that a replay ends what came of it.
  const expiresAt = expires_at + oauth2.access_token_ttl * 1000
  await storage
    .of(tenant.id)
    .of(codes)
    .create({ id: hashing.sha256(code).toHex(), value, expiresAt, parent: content.sub })
  return code
}

/** Seconds. */
function codeTtl(_: OAuth2Settings): number {
  throw new TypeError('The setting oauth2.authorization_code_ttl is not built yet')
}
