import { type Static, type TObject, Type } from '@sinclair/typebox'
import { ClientParameters } from './client-authentication.ts'
import { latestMoment } from './moment.ts'
import { openidMetadata } from './people/openid-metadata.ts'

/** The answer of the token endpoint (RFC 6749 section 5.1). */
export const TokenResponse = Type.Object(
  {
    access_token: Type.String({ description: 'A signed JWT' }),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds until the token expires' }),
    scope: Type.Optional(Type.String({ description: 'The granted scopes, separated by spaces' })),
  },
  { title: 'TokenResponse' },
)
export type TokenResponse = Static<typeof TokenResponse>

/** {@link TokenResponse} with further tokens, for the OpenAPI document. Each token has a description of one sentence. */
export function tokenResponse(furtherTokens: Readonly<Record<string, string>>): TObject {
  const further = Object.entries(furtherTokens).map(([name, description]) => [
    name,
    Type.Optional(Type.String({ description })),
  ])
  return Type.Object(
    { ...TokenResponse.properties, ...Object.fromEntries(further) },
    { title: 'TokenResponse' },
  )
}

/** The error body of every route (RFC 6749 section 5.2). */
export const ErrorResponse = Type.Object(
  {
    error: Type.String({ description: 'A code for programs' }),
    error_description: Type.String({ description: 'A sentence for people' }),
  },
  { title: 'ErrorResponse' },
)
export type ErrorResponse = Static<typeof ErrorResponse>

/** Whole seconds since the epoch (RFC 7519 section 2), as many as can be shown. */
const NumericDate = Type.Integer({ minimum: 0, maximum: Math.floor(latestMoment / 1000) })

/** The key of the sender to which a token is bound (RFC 7800): its thumbprint, of a JWK (RFC 9449) or of a certificate (RFC 8705). */
export const Confirmation = Type.Object({
  jkt: Type.Optional(Type.String()),
  'x5t#S256': Type.Optional(Type.String()),
})
export type Confirmation = Static<typeof Confirmation>

/** The claims of an access token. The order is that of the JSON. */
export const AccessTokenClaims = Type.Object({
  iss: Type.String(),
  sub: Type.String(),
  aud: Type.Array(Type.String(), { minItems: 1 }),
  exp: NumericDate,
  iat: NumericDate,
  jti: Type.String({ minLength: 1 }),
  scope: Type.Optional(Type.String()),
  client_id: Type.String(),
  /** The id of the session in which a person allowed the token. */
  sid: Type.Optional(Type.String()),
  /** When that person signed in. */
  auth_time: Type.Optional(NumericDate),
  /** How that person signed in (RFC 9068 section 2.2.1). */
  acr: Type.Optional(Type.String()),
  amr: Type.Optional(Type.Array(Type.String())),
  /** Absent: the token is not bound, and any holder can use it. */
  cnf: Type.Optional(Confirmation),
})
export type AccessTokenClaims = Static<typeof AccessTokenClaims>

/** The claims of an API key: a JWT that works wherever an access token does. The order is that of the JSON. */
export const ApiKeyClaims = Type.Object({
  iss: Type.String(),
  /** The id of the key. */
  sub: Type.String(),
  aud: Type.Array(Type.String(), { minItems: 1 }),
  /** Absent: the key does not expire. */
  exp: Type.Optional(NumericDate),
  iat: NumericDate,
  jti: Type.String({ minLength: 1 }),
  scope: Type.Optional(Type.String()),
  /** The client that made the key. */
  client_id: Type.String(),
  tenant_id: Type.String(),
  api_key: Type.Literal(true),
})
export type ApiKeyClaims = Static<typeof ApiKeyClaims>

/** The parameters of introspection and of revocation (RFC 7662 section 2.1, RFC 7009 section 2.1). */
export const TokenParameter = Type.Object(
  {
    token: Type.String({ description: 'An access token, an API key or a refresh token' }),
    token_type_hint: Type.Optional(
      Type.String({ description: 'Is not needed: a token says itself what it is' }),
    ),
    ...ClientParameters,
  },
  { title: 'TokenRequest' },
)

/** The answer of introspection (RFC 7662 section 2.2). For an inactive token it has only `active`. */
export const IntrospectionResponse = Type.Object(
  {
    active: Type.Boolean(),
    scope: Type.Optional(Type.String()),
    client_id: Type.Optional(Type.String()),
    token_type: Type.Optional(Type.Literal('Bearer')),
    exp: Type.Optional(Type.Integer()),
    iat: Type.Optional(Type.Integer()),
    sub: Type.Optional(Type.String()),
    aud: Type.Optional(Type.Array(Type.String())),
    iss: Type.Optional(Type.String()),
    jti: Type.Optional(Type.String()),
    sid: Type.Optional(Type.String()),
    auth_time: Type.Optional(Type.Integer()),
    acr: Type.Optional(Type.String()),
    amr: Type.Optional(Type.Array(Type.String())),
    tenant_id: Type.Optional(Type.String()),
    api_key: Type.Optional(Type.Literal(true)),
  },
  { title: 'IntrospectionResponse' },
)
export type IntrospectionResponse = Static<typeof IntrospectionResponse>

/** A public key (RFC 7517 section 4). `n` and `e` are of RSA, `crv`, `x` and `y` of EC and OKP keys. */
export const PublicJwk = Type.Object(
  {
    kty: Type.String(),
    use: Type.Literal('sig'),
    kid: Type.String(),
    n: Type.Optional(Type.String()),
    e: Type.Optional(Type.String()),
    crv: Type.Optional(Type.String()),
    x: Type.Optional(Type.String()),
    y: Type.Optional(Type.String()),
    alg: Type.String(),
  },
  { title: 'PublicJwk' },
)
export type PublicJwk = Static<typeof PublicJwk>

/** A JWK Set (RFC 7517 section 5). */
export const JwkSet = Type.Object({ keys: Type.Array(PublicJwk) }, { title: 'JwkSet' })
export type JwkSet = Static<typeof JwkSet>

/** Authorization server metadata (RFC 8414 section 2), with what OpenID Connect Discovery section 3 requires. */
export const ServerMetadata = Type.Object(
  {
    issuer: Type.String(),
    authorization_endpoint: Type.String({
      description:
        'Many clients require it. Where response_types_supported is empty, it answers every request with an error',
    }),
    token_endpoint: Type.String(),
    jwks_uri: Type.String(),
    scopes_supported: Type.Optional(Type.Array(Type.String())),
    response_types_supported: Type.Array(Type.String(), {
      description: 'Empty: nobody signs in at this tenant',
    }),
    grant_types_supported: Type.Array(Type.String()),
    subject_types_supported: Type.Array(Type.String()),
    id_token_signing_alg_values_supported: Type.Array(Type.String(), {
      description: 'The algorithms of the keys in the JWK Set, which sign ID tokens and access tokens',
    }),
    token_endpoint_auth_methods_supported: Type.Array(Type.String()),
    token_endpoint_auth_signing_alg_values_supported: Type.Array(Type.String(), {
      description: 'For the client_assertion of private_key_jwt',
    }),
    introspection_endpoint: Type.String(),
    introspection_endpoint_auth_methods_supported: Type.Array(Type.String()),
    introspection_endpoint_auth_signing_alg_values_supported: Type.Array(Type.String()),
    revocation_endpoint: Type.String(),
    revocation_endpoint_auth_methods_supported: Type.Array(Type.String()),
    revocation_endpoint_auth_signing_alg_values_supported: Type.Array(Type.String()),
    ...openidMetadata,
  },
  { title: 'ServerMetadata' },
)
export type ServerMetadata = Static<typeof ServerMetadata>

/** The strategies that a tenant enables. */
export const StrategiesResponse = Type.Object(
  {
    tenant_id: Type.String(),
    tenant_name: Type.String(),
    strategies: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
  },
  { title: 'StrategiesResponse' },
)
export type StrategiesResponse = Static<typeof StrategiesResponse>

/** The facts that an API learns from a verified access token. */
export const ProtectedResourceResponse = Type.Object(
  {
    message: Type.String(),
    tenant_id: Type.String(),
    sub: Type.String(),
    client_id: Type.String(),
    scope: Type.Array(Type.String()),
    audience: Type.Array(Type.String()),
    claims: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), {
        description: 'The static claims of the token, where it has any',
      }),
    ),
    expires_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description: 'Null for an API key that does not expire',
    }),
  },
  { title: 'ProtectedResourceResponse' },
)
export type ProtectedResourceResponse = Static<typeof ProtectedResourceResponse>

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

export const HealthResponse = Type.Object(
  {
    status: Type.Union([
      Type.Literal('healthy'),
      Type.Literal('starting'),
      Type.Literal('stopping'),
      Type.Literal('wrong_clock'),
    ]),
    service: Type.Literal('grantd'),
    version: Type.String(),
    configuration: Type.Optional(
      Type.Literal('rejected', {
        description:
          'The newest configuration has a fault, which the log names; the one before it is in force',
      }),
    ),
  },
  { title: 'HealthResponse' },
)
export type HealthResponse = Static<typeof HealthResponse>

export const RootResponse = Type.Object(
  {
    name: Type.Literal('grantd'),
    version: Type.String(),
    links: Type.Record(Type.String(), Type.String()),
  },
  { title: 'RootResponse' },
)
export type RootResponse = Static<typeof RootResponse>
