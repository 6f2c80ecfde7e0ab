import { type Static, Type } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'

/** How one claim is requested (OpenID Connect Core section 5.5.1); null: in the default manner. */
const ClaimRequest = Type.Union([
  Type.Null(),
  Type.Object({
    essential: Type.Optional(Type.Boolean()),
    value: Type.Optional(Type.Unknown()),
    values: Type.Optional(Type.Array(Type.Unknown())),
  }),
])
export type ClaimRequest = Static<typeof ClaimRequest>

const RequestedClaims = Type.Record(Type.String(), ClaimRequest)
/** Claims by name. */
export type RequestedClaims = Static<typeof RequestedClaims>

/** The parameter `claims` of an authorization request (OpenID Connect Core section 5.5), parsed. Other members are ignored. */
export const ClaimsRequest = Type.Object({
  userinfo: Type.Optional(RequestedClaims),
  id_token: Type.Optional(RequestedClaims),
})
export type ClaimsRequest = Static<typeof ClaimsRequest>

/** The request in a JSON value, without members that have no meaning; undefined for a value of another form. */
export function readClaimsRequest(value: unknown): ClaimsRequest | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const cleaned: unknown = Value.Clean(ClaimsRequest, Value.Clone(value))
  return Value.Check(ClaimsRequest, cleaned) ? cleaned : undefined
}
