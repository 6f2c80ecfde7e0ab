import { type Static, Type } from '@sinclair/typebox'
import { authenticationMethodNames } from '../protocol/client-authentication.ts'
import type { ClientJwks } from '../protocol/client-jwks.ts'
import { grantTypes } from '../protocol/grant-types.ts'
import {
  AccessTokenTtl,
  Audience,
  Choice,
  Claims,
  FileOrNull,
  Json,
  OrNull,
  TokensPerMinute,
  VariableOrNull,
} from './schema-kinds.ts'

export const ClientSecretConfig = Type.Object(
  {
    id: Type.String({
      format: 'secret-id',
      description: 'A name for people, in the log and in the admin API',
    }),
    hash: OrNull(
      Type.String({ format: 'secret-hash', description: 'sha256:<hex>, or an argon2id or bcrypt hash' }),
    ),
    env: VariableOrNull('Environment variable with the secret'),
    file: FileOrNull('File with the secret; one line end is cut'),
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
    secret_env: VariableOrNull('Environment variable with the secret'),
    secret_file: FileOrNull('File with the secret; one line end is cut'),
    secret_hash: OrNull(
      Type.String({ format: 'secret-hash', description: 'sha256:<hex>, or an argon2id or bcrypt hash' }),
    ),
    secrets: OrNull(
      Type.Array(ClientSecretConfig, {
        minItems: 1,
        description: 'Several secrets at once, to change one without a gap; any valid one authenticates',
      }),
    ),
    token_endpoint_auth_method: OrNull(
      Choice(authenticationMethodNames, {
        description:
          'How it proves who it is; default: client_secret_basic or client_secret_post. none: a public client, which proves nothing',
      }),
    ),
    jwks: OrNull(
      Type.Unsafe<ClientJwks>(Json()),
      'For private_key_jwt: its public keys as a JWK Set (RFC 7517 section 5), none of them private',
    ),
    jwks_file: FileOrNull('For private_key_jwt: JSON file with the JWK Set'),
    grant_types: Type.Array(Choice(grantTypes, { description: 'A grant type' }), {
      default: ['client_credentials'],
      description: 'Grants that the client may use',
    }),
    scopes: Type.Array(Type.String({ format: 'scope' }), {
      default: [],
      description: 'Scopes that the client may ask for',
    }),
    default_scopes: OrNull(
      Type.Array(Type.String({ format: 'scope' }), {
        description: 'Granted when a request names none; default: all of scopes but those of grantd itself',
      }),
    ),
    audience: OrNull(Audience('Overrides the audience of the tenant')),
    resources: Type.Array(Type.String({ format: 'resource' }), {
      default: [],
      description: 'RFC 8707 resources that it may ask for besides its audience',
    }),
    access_token_ttl: OrNull(AccessTokenTtl({ description: 'Overrides the lifetime of the tenant' })),
    tokens_per_minute: OrNull(
      TokensPerMinute(
        'Answers with tokens that it gets in a minute; default: limits.tokens_per_minute_per_client',
      ),
    ),
    redirect_uris: Type.Array(Type.String({ format: 'redirect-uri' }), {
      default: [],
      description:
        'Where people go back to with a code: compared as texts, the port of a loopback address is free',
    }),
    post_logout_redirect_uris: Type.Array(Type.String({ format: 'redirect-uri' }), {
      default: [],
      description: 'Where people may go to after they signed out: compared like redirect_uris',
    }),
    backchannel_logout_uri: OrNull(
      Type.String({
        format: 'web-url',
        description: 'Gets a logout token when a session ends (OpenID Connect Back-Channel Logout)',
      }),
    ),
    allowed_origins: Type.Array(Type.String({ format: 'origin' }), {
      default: [],
      description: 'Origins of pages whose scripts may call token, userinfo and revoke (CORS)',
    }),
    require_pkce: Type.Boolean({
      default: true,
      description: 'false: a code may be asked for without PKCE; only for a client with a secret or keys',
    }),
    require_pushed_authorization_requests: Type.Boolean({
      default: false,
      description: 'true: an authorization request has to be pushed (RFC 9126)',
    }),
    consent: Choice(['remember', 'always', 'skip'], {
      default: 'remember',
      description: 'Ask a person once for each scope (remember), at each sign-in (always), or never (skip)',
    }),
    userinfo_signed: Type.Boolean({ default: false, description: 'true: userinfo answers a signed JWT' }),
    claims: Claims(
      'Static claims of its access tokens and API keys; one that the tenant has too replaces it',
    ),
  },
  {
    description:
      'A client: a service that gets tokens; exactly one of the five secret keys is wanted, or its public keys',
  },
)
export type ClientConfig = Static<typeof ClientConfig>

/**
 * The settings of a stored client, as the admin API takes and shows them and as a row has them. The list below leaves out the settings
 * that only config.yaml can have, such as a file of the server.
 */
export const ClientSettings = Type.Omit(ClientConfig, [
  'secret',
  'secret_env',
  'secret_file',
  'secret_hash',
  'secrets',
  'jwks_file',
])
export type ClientSettings = Static<typeof ClientSettings>
