import { type Static, Type } from '@sinclair/typebox'
import { type SignatureAlgorithm, signatureAlgorithms } from '../protocol/algorithms.ts'
import { grantTypes } from '../protocol/grant-types.ts'
import { Choice, Duration, longestTokenLife, MapOf, OrNull } from './schema-kinds.ts'
import { AdminConfig, AuditConfig, LimitsConfig, PostgresConfig, ServerConfig } from './service-schema.ts'

/**
 * The one description of config.yaml. `Config`, its static type, is what the file says once every default is
 * filled in; the reader (read.ts) walks this schema, so a key that is not here is refused.
 */

const Audience = (description: string) =>
  Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description })

const AccessTokenTtl = (options: { description: string; default?: number }) =>
  Duration({ minimum: 1, maximum: longestTokenLife, ...options })

const ScopeList = (description: string) => Type.Array(Type.String({ format: 'scope' }), { description })

export const ClientSecretConfig = Type.Object(
  {
    id: Type.String({
      format: 'secret-id',
      description: 'A name for people, in the log and in the admin API',
    }),
    hash: OrNull(
      Type.String({ format: 'secret-hash', description: 'sha256:<hex>, or an argon2id or bcrypt hash' }),
    ),
    env: OrNull(
      Type.String({ minLength: 1, format: 'variable', description: 'Environment variable with the secret' }),
    ),
    file: OrNull(
      Type.String({ minLength: 1, format: 'path', description: 'File with the secret; one line end is cut' }),
    ),
    not_before: OrNull(
      Type.String({ format: 'moment', description: 'Not valid before; 2030-01-31T00:00:00Z' }),
    ),
    expires_at: OrNull(
      Type.String({ format: 'moment', description: 'Not valid from then on; 2030-01-31T00:00:00Z' }),
    ),
  },
  { description: 'One of several secrets; exactly one of hash, env and file is wanted' },
)
export type ClientSecretConfig = Static<typeof ClientSecretConfig>

export const ClientConfig = Type.Object(
  {
    name: OrNull(Type.String({ minLength: 1, description: 'A name for people; default: the client id' })),
    active: Type.Boolean({ default: true, description: 'An inactive client gets no token' }),
    introspect: Type.Boolean({
      default: false,
      description: 'May introspect every token of the tenant, as an API does that trusts no signature alone',
    }),
    secret: OrNull(Type.String({ minLength: 1, description: 'The client secret in clear, for trying out' })),
    secret_env: OrNull(
      Type.String({ minLength: 1, format: 'variable', description: 'Environment variable with the secret' }),
    ),
    secret_file: OrNull(
      Type.String({ minLength: 1, format: 'path', description: 'File with the secret; one line end is cut' }),
    ),
    secret_hash: OrNull(
      Type.String({ format: 'secret-hash', description: 'sha256:<hex>, or an argon2id or bcrypt hash' }),
    ),
    secrets: OrNull(
      Type.Array(ClientSecretConfig, {
        minItems: 1,
        description: 'Several secrets at once, to change one without a gap; any valid one authenticates',
      }),
    ),
    grant_types: Type.Array(Choice(grantTypes, { description: 'A grant type' }), {
      default: ['client_credentials'],
      description: 'Grants that the client may use',
    }),
    scopes: Type.Array(Type.String({ format: 'scope' }), {
      default: [],
      description: 'Scopes that the client may ask for',
    }),
    default_scopes: OrNull(
      ScopeList('Granted when a request names none; default: all of scopes but those of grantd itself'),
    ),
    audience: OrNull(Audience('Overrides the audience of the tenant')),
    resources: Type.Array(Type.String({ format: 'resource' }), {
      default: [],
      description: 'RFC 8707 resources that it may ask for besides its audience',
    }),
    access_token_ttl: OrNull(AccessTokenTtl({ description: 'Overrides the lifetime of the tenant' })),
  },
  { description: 'A client: a service that gets tokens; exactly one of the five secret keys is wanted' },
)
export type ClientConfig = Static<typeof ClientConfig>

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
    scopes: MapOf('scope', Type.String(), {
      default: {},
      description: 'Scopes that the API of this tenant knows, each with its description',
    }),
  },
  { description: 'Present: the tenant issues OAuth 2.0 tokens' },
)

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
    private_key_file: OrNull(
      Type.String({
        minLength: 1,
        format: 'path',
        description: 'PKCS#8 PEM to load; default: generated once under data_dir',
      }),
    ),
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

/** Live API keys of one client. */
export const defaultMaxPerClient = 1000

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
      default: defaultMaxPerClient,
      description: 'Live API keys that one client can have',
    }),
  },
  { description: 'Present: the tenant has API keys' },
)
export type ApiKeysConfig = Static<typeof ApiKeysConfig>

export const TenantConfig = Type.Object(
  {
    name: Type.String({ minLength: 1, description: 'A name for people' }),
    active: Type.Boolean({ default: true, description: 'An inactive tenant is answered as an unknown one' }),
    issuer: OrNull(
      Type.String({
        format: 'issuer',
        description: 'The iss claim, byte for byte; default <public_url>/api/v1/tenant/<id>',
      }),
    ),
    oauth2: Type.Optional(OAuth2Config),
    oidc: Type.Optional(Type.Object({}, { description: 'Present: listed as an OpenID Connect provider' })),
    api_keys: Type.Optional(ApiKeysConfig),
    signing: SigningConfig,
    clients: MapOf('client-id', ClientConfig, {
      default: {},
      description: 'Clients by client id',
    }),
  },
  { description: 'A tenant: an issuer with its own keys, clients and scopes' },
)
export type TenantConfig = Static<typeof TenantConfig>

export const Config = Type.Object(
  {
    server: ServerConfig,
    data_dir: Type.String({
      minLength: 1,
      format: 'path',
      default: './data',
      description: 'Folder for keys and for the database, relative to this file',
    }),
    storage: Type.String({
      format: 'storage',
      default: 'sqlite',
      description: 'sqlite (data_dir/grantd.db), memory (nothing is kept), or postgres://user@host/database',
    }),
    postgres: PostgresConfig,
    master_key_file: OrNull(
      Type.String({
        minLength: 1,
        format: 'path',
        description:
          'File with the key that encrypts signing keys in Postgres; else the environment variable GRANTD_MASTER_KEY',
      }),
    ),
    admin: Type.Optional(AdminConfig),
    audit: AuditConfig,
    limits: LimitsConfig,
    swagger: Type.Boolean({
      default: true,
      description: 'Serve the Swagger page and the OpenAPI document at /swagger',
    }),
    tenants: MapOf('tenant-id', TenantConfig, {
      default: {},
      description: 'Tenants by id',
    }),
  },
  { title: 'config.yaml of grantd' },
)
export type Config = Static<typeof Config>
