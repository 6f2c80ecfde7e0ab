import { Type } from '@sinclair/typebox'
import { kind, Moment, Nullable, Texts } from '../../storage/kind.ts'

const Denied = Type.Object({ kind: Type.Literal('denied') })

const Allowed = Type.Object({
  kind: Type.Literal('allowed'),
  sub: Type.String(),
  scopes: Texts,
  /** Seconds since the epoch. */
  auth_time: Type.Integer(),
  amr: Texts,
  acr: Nullable(Type.String()),
  sid: Nullable(Type.String()),
  at: Moment,
})

/**
 * A device that waits for a person. Id: SHA-256 of the device code, in hex. The row stays for a while after its code has expired or was
 * used, so that the device learns why, and a replay is noticed.
 */
export const deviceCodes = kind(
  'device_code',
  Type.Object({
    client_id: Type.String(),
    scopes: Texts,
    /** The audience of its access tokens. */
    audience: Texts,
    /** Rows of earlier builds lack it. */
    created_at: Type.Optional(Moment),
    expires_at: Moment,
    /** The seconds that have to pass between two polls. */
    interval: Type.Integer({ minimum: 1 }),
    polled_at: Nullable(Moment),
    /** Null: no person has decided yet. */
    decision: Nullable(Type.Union([Denied, Allowed])),
    used_at: Nullable(Moment),
  }),
)

/**
 * Which device a person means by the code on its screen. The rows belong to no tenant, because the person types the code at the root. Id:
 * SHA-256 of `user code`, a NUL and the code, in hex.
 */
export const userCodes = kind('user_code', Type.Object({ tenant: Type.String(), device: Type.String() }))
