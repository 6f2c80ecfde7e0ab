import { signJwt } from '../keys/jwt.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Session } from '../sessions/session.ts'
import type { Tenant } from '../tenants/tenant.ts'

/** No other token of ours has it, and clients need not take any other for a logout token (Back-Channel Logout section 2.4). */
const logoutTokenTyp = 'logout+jwt'

const event = 'http://schemas.openid.net/event/backchannel-logout'

/** Seconds: the time of all attempts, and a clock that is a minute ahead. */
const life = 120

interface LogoutTokenDeps {
  readonly keyring: Pick<Keyring, 'of'>
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/**
 * Tells a client that a session has ended (OpenID Connect Back-Channel Logout 1.0 section 2.4), signed with the active key of the tenant.
 * Throws StorageError, and if the signature cannot be made.
 */
export async function makeLogoutToken(
  { tenant, clientId, session }: { tenant: Tenant; clientId: string; session: Pick<Session, 'sid' | 'sub'> },
  { keyring, now, randomBytes }: LogoutTokenDeps,
): Promise<string> {
  const { active: key } = await keyring.of(tenant.id, tenant.generation)
  const issuedAt = Math.floor(now() / 1000)
  const claims = {
    ...{ iss: tenant.issuer, aud: clientId, iat: issuedAt, exp: issuedAt + life },
    ...{ jti: randomBytes(16).toHex(), sub: session.sub, sid: session.sid, events: { [event]: {} } },
  }
  return signJwt(claims, { key, typ: logoutTokenTyp })
}
