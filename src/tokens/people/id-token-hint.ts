import { JwtExpired, JwtInvalid, verifyJwt } from '../../keys/jwt.ts'
import type { Keyring } from '../../keys/keyring.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { idTokenTyp } from './id-token.ts'

/** What an ID token of ours says to the one who gets it back. */
export interface IdTokenHint {
  readonly sub: string
  /** The client that the ID token was issued to. */
  readonly clientId: string
  /** The session; undefined: it names none. */
  readonly sid: string | undefined
}

/** Seconds: a year. A client keeps an ID token for the sign-out, as long as it keeps its own session. */
const longestExpired = 365 * 86_400

/** ID tokens are smaller. Longer texts are refused without reading them. */
const longestHint = 16 * 1024

/**
 * Reads an `id_token_hint` (OpenID Connect Core section 3.1.2.1, RP-Initiated Logout section 2): an ID token that a key of the tenant
 * signed, also if it expired within the last year. Undefined for any other text, such as an access token. Throws StorageError.
 */
export async function verifyIdTokenHint(
  text: string,
  tenant: Tenant,
  { keyring, now }: { readonly keyring: Keyring; readonly now: () => number },
): Promise<IdTokenHint | undefined> {
  if (text.length > longestHint) return undefined
  const options = {
    keys: await keyring.of(tenant.id, tenant.generation),
    issuer: tenant.issuer,
    types: [idTokenTyp],
    now: now(),
    expiredFor: longestExpired,
    // A clock that was ahead may have issued it.
    allowFuture: true,
  }
  try {
    return readHint(await verifyJwt(text, options))
  } catch (error) {
    if (error instanceof JwtInvalid || error instanceof JwtExpired) return undefined
    throw error
  }
}

/** Undefined for the claims of anything but an ID token: access tokens and API keys have a jti and a client_id. */
function readHint(claims: Readonly<Record<string, unknown>>): IdTokenHint | undefined {
  const { sub, aud, sid, auth_time } = claims
  if ('jti' in claims || 'client_id' in claims || typeof auth_time !== 'number') return undefined
  if (typeof sub !== 'string' || typeof aud !== 'string') return undefined
  return { sub, clientId: aud, sid: typeof sid === 'string' ? sid : undefined }
}
