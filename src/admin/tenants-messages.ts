import { type Static, Type } from '@sinclair/typebox'
import { patchSchema } from '../config/settings.ts'
import { tenantIdPattern } from '../protocol/names.ts'
import { TenantSettings } from '../tenants/tenant-settings.ts'
import { MomentOrNull, OrNull, pageOf } from './openapi-details.ts'

export const CreateTenantRequest = patchSchema(
  TenantSettings,
  {
    id: Type.String({
      pattern: tenantIdPattern.source,
      description: 'It stands in every path of the tenant',
    }),
  },
  { title: 'CreateTenantRequest' },
)

/** A merge patch: every member may be left out. */
export const PatchTenantRequest = Type.Partial(patchSchema(TenantSettings), { title: 'PatchTenantRequest' })

const Texts = Type.Array(Type.String())
const Seconds = Type.Integer({ description: 'Seconds' })

const OAuth2Response = Type.Object(
  {
    audience: Texts,
    access_token_ttl: Seconds,
    access_token_typ: Type.String(),
    reuse_window: Seconds,
    scopes: Type.Record(Type.String(), Type.String()),
  },
  { title: 'TenantOAuth2' },
)

const ApiKeysResponse = Type.Object(
  {
    allowed_scopes: Texts,
    max_ttl: OrNull(Seconds, 'Null: a key may live for ever'),
    rotation_overlap: Seconds,
    default_ttl: OrNull(Seconds, 'Null: a key whose request names no life lives for ever'),
    max_per_client: Type.Integer({ description: 'Live keys that one client can have' }),
  },
  { title: 'TenantApiKeys' },
)

const SigningResponse = Type.Object(
  {
    algorithm: Type.String(),
    modulus_length: Type.Integer(),
    rotate_every: OrNull(Seconds, 'Null: a key is replaced only by hand'),
    publish_ahead: OrNull(Seconds, 'Null: jwks_max_age and five minutes'),
    jwks_max_age: Seconds,
  },
  { title: 'TenantSigning' },
)

/** A tenant as it works: with the defaults filled in. */
export const TenantResponse = Type.Object(
  {
    id: Type.String(),
    source: Type.Union([Type.Literal('config'), Type.Literal('storage')], {
      description: 'config: it is read-only here',
    }),
    name: Type.String(),
    active: Type.Boolean(),
    issuer: Type.String(),
    oauth2: OrNull(OAuth2Response, 'Null: it issues no OAuth 2.0 tokens'),
    oidc: Type.Boolean(),
    api_keys: OrNull(ApiKeysResponse, 'Null: it has no API keys'),
    signing: OrNull(SigningResponse, 'Null: config.yaml says'),
    created_at: MomentOrNull('Null: by config.yaml'),
  },
  { title: 'TenantResponse' },
)
export type TenantResponse = Static<typeof TenantResponse>

export const TenantList = pageOf(TenantResponse, 'TenantList')
