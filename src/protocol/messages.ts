import { type Static, Type } from '@sinclair/typebox'

/** The answer of the token endpoint (RFC 6749 section 5.1). */
export const TokenResponse = Type.Object({
  access_token: Type.String({ description: 'A signed JWT' }),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds until the token expires' }),
  scope: Type.Optional(Type.String({ description: 'The granted scopes, separated by spaces' })),
})
export type TokenResponse = Static<typeof TokenResponse>

/** The parameters of the client credentials grant (RFC 6749 section 4.4.2, RFC 8707 section 2). */
export const ClientCredentialsRequest = Type.Object({
  grant_type: Type.Literal('client_credentials'),
  client_id: Type.Optional(Type.String({ description: 'For client_secret_post; else in HTTP Basic' })),
  client_secret: Type.Optional(Type.String({ description: 'For client_secret_post; else in HTTP Basic' })),
  scope: Type.Optional(
    Type.String({
      description: 'Scopes separated by single spaces; without it, the default scopes of the client',
    }),
  ),
  resource: Type.Optional(
    Type.String({ description: 'The API that the token is for, as RFC 8707 names it; may be repeated' }),
  ),
  audience: Type.Optional(Type.String({ description: 'Another name for resource' })),
})

/** The error body of every route (RFC 6749 section 5.2). */
export const ErrorResponse = Type.Object({
  error: Type.String({ description: 'A code for programs' }),
  error_description: Type.String({ description: 'A sentence for people' }),
})
export type ErrorResponse = Static<typeof ErrorResponse>

/** The claims of an access token. The order is that of the JSON. */
export const AccessTokenClaims = Type.Object({
  iss: Type.String(),
  sub: Type.String(),
  aud: Type.Array(Type.String(), { minItems: 1 }),
  exp: Type.Integer(),
  iat: Type.Integer(),
  jti: Type.String({ minLength: 1 }),
  scope: Type.Optional(Type.String()),
  client_id: Type.String(),
})
export type AccessTokenClaims = Static<typeof AccessTokenClaims>

/** A public key (RFC 7517 section 4). `n` and `e` are of RSA, `crv`, `x` and `y` of EC and OKP keys. */
export const PublicJwk = Type.Object({
  kty: Type.String(),
  use: Type.Literal('sig'),
  kid: Type.String(),
  n: Type.Optional(Type.String()),
  e: Type.Optional(Type.String()),
  crv: Type.Optional(Type.String()),
  x: Type.Optional(Type.String()),
  y: Type.Optional(Type.String()),
  alg: Type.String(),
})
export type PublicJwk = Static<typeof PublicJwk>

/** A JWK Set (RFC 7517 section 5). */
export const JwkSet = Type.Object({ keys: Type.Array(PublicJwk) })
export type JwkSet = Static<typeof JwkSet>

/** Authorization server metadata (RFC 8414 section 2). */
export const ServerMetadata = Type.Object({
  issuer: Type.String(),
  token_endpoint: Type.String(),
  jwks_uri: Type.String(),
  scopes_supported: Type.Optional(Type.Array(Type.String())),
  response_types_supported: Type.Array(Type.String()),
  grant_types_supported: Type.Array(Type.String()),
  token_endpoint_auth_methods_supported: Type.Array(Type.String()),
})
export type ServerMetadata = Static<typeof ServerMetadata>

/** What a tenant offers. */
export const StrategiesResponse = Type.Object({
  tenant_id: Type.String(),
  tenant_name: Type.String(),
  strategies: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
})
export type StrategiesResponse = Static<typeof StrategiesResponse>

/** What an API learns from a verified access token. */
export const ProtectedResourceResponse = Type.Object({
  message: Type.String(),
  tenant_id: Type.String(),
  sub: Type.String(),
  client_id: Type.String(),
  scope: Type.Array(Type.String()),
  audience: Type.Array(Type.String()),
  expires_at: Type.String({ format: 'date-time' }),
})
export type ProtectedResourceResponse = Static<typeof ProtectedResourceResponse>

export const HealthResponse = Type.Object({
  status: Type.Union([Type.Literal('healthy'), Type.Literal('starting'), Type.Literal('stopping')]),
  service: Type.Literal('grantd'),
  version: Type.String(),
})
export type HealthResponse = Static<typeof HealthResponse>

export const RootResponse = Type.Object({
  name: Type.Literal('grantd'),
  version: Type.String(),
  links: Type.Record(Type.String(), Type.String()),
})
export type RootResponse = Static<typeof RootResponse>
