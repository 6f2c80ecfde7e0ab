import { type Static, Type } from '@sinclair/typebox'
import { type SignatureAlgorithm, signatureAlgorithms } from '../protocol/algorithms.ts'
import { largestClaims } from '../protocol/static-claims.ts'
import { ClientConfig } from './client-schema.ts'
import { OidcConfig, OidcSettings } from './oidc-schema.ts'
import {
  AccessTokenTtl,
  Audience,
  Choice,
  Claims,
  Duration,
  FileOrNull,
  longestTokenLife,
  MapOf,
  OrNull,
  TokensPerMinute,
} from './schema-kinds.ts'
import { UserConfig } from './user-schema.ts'

export const OAuth2Config = Type.Object(
  {
    audience: OrNull(Audience('The aud claim; default: the issuer')),
    access_token_ttl: AccessTokenTtl({ default: 3600, description: 'Lifetime: seconds, or 30s 15m 1h 7d' }),
    access_token_typ: Choice(['JWT', 'at+jwt'], {
      default: 'JWT',
      description: 'The typ header; at+jwt is RFC 9068 section 2.1',
    }),
    reuse_window: Duration({
      minimum: 0,
      maximum: 3600,
      default: 0,
      description:
        'Identical requests of a client inside it get one token, up to half of its lifetime; 0: each gets its own. Revoking that token ends it for all who hold it',
    }),
    authorization_code_ttl: Duration({
      minimum: 1,
      maximum: 600,
      default: 60,
      description: 'How long a client may take to redeem an authorization code',
    }),
    refresh_token_ttl: Duration({
      minimum: 1,
      maximum: longestTokenLife * 10,
      default: 30 * 86_400,
      description: 'A person signs in again so long after the first sign-in, whatever was refreshed',
    }),
    refresh_token_idle: Duration({
      minimum: 1,
      maximum: longestTokenLife * 10,
      default: 7 * 86_400,
      description: 'A refresh token ends after so long without use',
    }),
    refresh_token_grace: Duration({
      minimum: 0,
      maximum: 300,
      default: 10,
      description:
        'A used refresh token gets the same answer again inside it, for a client that lost the first; 0: never',
    }),
    device_code_ttl: Duration({
      minimum: 1,
      maximum: 3600,
      default: 600,
      description: 'How long a person may take to enter the code of a device',
    }),
    tokens_per_minute: OrNull(
      TokensPerMinute(
        'Answers with tokens that all clients of this tenant get in a minute; default: limits.tokens_per_minute_per_tenant',
      ),
    ),
    scopes: MapOf('scope', Type.String(), {
      default: {},
      description: 'Scopes that the API of this tenant knows, each with its description',
    }),
    claims: Claims(
      `Static claims of every access token and API key: any values, at most ${largestClaims} bytes as JSON`,
    ),
  },
  { description: 'Present: the tenant issues OAuth 2.0 tokens' },
)

export type OAuth2Config = Static<typeof OAuth2Config>

export const SigningConfig = Type.Object(
  {
    algorithm: Choice(Object.keys(signatureAlgorithms) as SignatureAlgorithm[], {
      default: 'RS256',
      description: 'Signature algorithm of RFC 7518 section 3.1',
    }),
    modulus_length: Type.Integer({
      enum: [2048, 3072, 4096],
      default: 2048,
      description: 'Bits of a generated RSA key',
    }),
    kid: OrNull(
      Type.String({ format: 'kid', description: 'Key id; default: the RFC 7638 thumbprint of the key' }),
    ),
    private_key_file: FileOrNull('PKCS#8 PEM to load; default: generated once under data_dir'),
    rotate_every: OrNull(
      Duration({
        minimum: 1,
        maximum: longestTokenLife * 10,
        description: 'A new key takes over after so long; default: only by grantd keys rotate',
      }),
    ),
    publish_ahead: OrNull(
      Duration({
        minimum: 1,
        maximum: longestTokenLife,
        description:
          'A new key is in the JWK Set for so long before it signs, and ten seconds more; default: jwks_max_age and 5m',
      }),
    ),
    jwks_max_age: Duration({
      minimum: 1,
      maximum: 86_400,
      default: 300,
      description: 'How long verifiers may keep the JWK Set (Cache-Control max-age)',
    }),
  },
  { default: {}, description: 'The key that signs the tokens of this tenant' },
)
export type SigningConfig = Static<typeof SigningConfig>

export const ApiKeysConfig = Type.Object(
  {
    enabled: Type.Boolean({ default: true, description: 'false: as if the block were not there' }),
    allowed_scopes: Type.Array(Type.String({ format: 'scope' }), {
      default: [],
      description:
        'Scopes that an API key of this tenant can have; one that is taken out counts in no key any more',
    }),
    max_ttl: OrNull(
      Duration({
        minimum: 86_400,
        maximum: 3650 * 86_400,
        description: 'The longest life of an API key; default: a key may live for ever',
      }),
    ),
    rotation_overlap: Duration({
      minimum: 0,
      maximum: longestTokenLife,
      default: 86_400,
      description: 'How long the old key works on after it was rotated',
    }),
    default_ttl: OrNull(
      Duration({
        minimum: 86_400,
        maximum: 3650 * 86_400,
        description: 'The life of an API key whose request names none; default: for ever',
      }),
    ),
    max_per_client: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      default: 1000,
      description: 'Live API keys that one client can have',
    }),
  },
  { description: 'Present: the tenant has API keys' },
)
export type ApiKeysConfig = Static<typeof ApiKeysConfig>

/** The settings that are in no block. */
const General = Type.Object({
  name: Type.String({ minLength: 1, description: 'A name for people' }),
  active: Type.Boolean({ default: true, description: 'An inactive tenant is answered as an unknown one' }),
  issuer: OrNull(
    Type.String({
      format: 'issuer',
      description: 'The iss claim, byte for byte; default <public_url>/api/v1/tenant/<id>',
    }),
  ),
})

export const TenantConfig = Type.Object(
  {
    ...General.properties,
    oauth2: Type.Optional(OAuth2Config),
    oidc: Type.Optional(OidcConfig),
    api_keys: Type.Optional(ApiKeysConfig),
    signing: SigningConfig,
    users: MapOf('user-key', UserConfig, {
      default: {},
      description: 'People by a name with which they can sign in, besides their e-mail addresses',
    }),
    clients: MapOf('client-id', ClientConfig, {
      default: {},
      description: 'Clients by client id',
    }),
  },
  { description: 'A tenant: an issuer with its own keys, clients and scopes' },
)
export type TenantConfig = Static<typeof TenantConfig>

export const ApiKeySettings = Type.Omit(ApiKeysConfig, ['enabled'])
export type ApiKeySettings = Static<typeof ApiKeySettings>

/** The signing settings of a stored tenant. grantd chooses the id and the file of its keys. */
export const SigningSettings = Type.Omit(SigningConfig, ['kid', 'private_key_file'])
export type SigningSettings = Static<typeof SigningSettings>

/** The settings of a stored tenant, as the admin API takes and shows them. A missing block is null here. */
export const TenantSettings = Type.Object({
  ...General.properties,
  oauth2: OrNull(OAuth2Config, 'Null: the tenant issues no OAuth 2.0 tokens'),
  oidc: OrNull(OidcSettings, 'Null: the tenant is no OpenID Provider'),
  api_keys: OrNull(ApiKeySettings, 'Null: the tenant has no API keys'),
  signing: SigningSettings,
})
export type TenantSettings = Static<typeof TenantSettings>
