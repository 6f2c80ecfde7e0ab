import { type Static, Type } from '@sinclair/typebox'
import { ClaimsRequest } from './claims-request.ts'

/** What a person allowed a client, at one sign-in. Codes and families of tokens carry it. */
export interface PersonGrant {
  readonly clientId: string
  /** The person. */
  readonly sub: string
  readonly scopes: readonly string[]
  /** The audience of access tokens whose request names no resource. Never empty. */
  readonly audience: readonly string[]
  /** The nonce of the authorization request. It is in the first ID token alone. */
  readonly nonce?: string
  readonly claims?: ClaimsRequest
  /** When the person signed in, in seconds since the epoch. */
  readonly authTime: number
  readonly amr: readonly string[]
  readonly acr: string | null
  /** The session in which the person allowed it; null: none. */
  readonly sid: string | null
  /** Whether the tokens outlive the session, because of the scope offline_access (OpenID Connect Core section 11). */
  readonly offline: boolean
}

/** {@link PersonGrant} as members of a row. */
export const storedGrantMembers = {
  client_id: Type.String(),
  sub: Type.String(),
  scopes: Type.Array(Type.String()),
  audience: Type.Array(Type.String()),
  nonce: Type.Optional(Type.String()),
  claims: Type.Optional(ClaimsRequest),
  /** Seconds since the epoch. */
  auth_time: Type.Integer(),
  amr: Type.Array(Type.String()),
  acr: Type.Union([Type.String(), Type.Null()]),
  sid: Type.Union([Type.String(), Type.Null()]),
  offline: Type.Boolean(),
}

const StoredGrant = Type.Object(storedGrantMembers)
export type StoredGrant = Static<typeof StoredGrant>

export function toStoredGrant(grant: PersonGrant): StoredGrant {
  const { clientId, sub, scopes, audience, nonce, claims, authTime, amr, acr, sid, offline } = grant
  return {
    client_id: clientId,
    sub,
    scopes: [...scopes],
    audience: [...audience],
    ...(nonce !== undefined && { nonce }),
    ...(claims && { claims }),
    auth_time: authTime,
    amr: [...amr],
    acr,
    sid,
    offline,
  }
}

export function fromStoredGrant(stored: StoredGrant): PersonGrant {
  const { client_id, sub, scopes, audience, nonce, claims, auth_time, amr, acr, sid, offline } = stored
  return {
    clientId: client_id,
    sub,
    scopes,
    audience,
    ...(nonce !== undefined && { nonce }),
    ...(claims && { claims }),
    authTime: auth_time,
    amr,
    acr,
    sid,
    offline,
  }
}
