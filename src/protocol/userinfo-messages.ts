import { type Static, Type } from '@sinclair/typebox'

/** The form of a POST to userinfo (RFC 6750 section 2.2). */
export const UserinfoRequest = Type.Object(
  { access_token: Type.Optional(Type.String({ description: 'In place of the Authorization header' })) },
  { title: 'UserinfoRequest' },
)

/** What is known about the person of a token (OpenID Connect Core sections 5.1 and 5.3.2). A claim without a value is left out. */
export const UserinfoResponse = Type.Object(
  {
    sub: Type.String({ description: 'The stable id of the person' }),
    name: Type.Optional(Type.String()),
    preferred_username: Type.Optional(Type.String()),
    updated_at: Type.Optional(Type.Integer({ description: 'Seconds since the epoch' })),
    email: Type.Optional(Type.String()),
    email_verified: Type.Optional(Type.Boolean()),
    groups: Type.Optional(Type.Array(Type.String())),
  },
  { title: 'UserinfoResponse', additionalProperties: true },
)
export type UserinfoResponse = Static<typeof UserinfoResponse> & Readonly<Record<string, unknown>>
