import { Type } from '@sinclair/typebox'
import { patchSchema } from '../config/settings.ts'
import { ApiKeySettings, OAuth2Config, SigningSettings, TenantSettings } from '../config/tenant-schema.ts'
import { viewMembers } from '../config/view-schema.ts'
import { tenantIdPattern } from '../protocol/names.ts'
import { TenantSettingsInput } from '../tenants/tenant-settings.ts'
import { MomentOrNull, OrNull, pageOf } from './openapi-details.ts'

export const CreateTenantRequest = patchSchema(
  TenantSettingsInput,
  {
    id: Type.String({
      pattern: tenantIdPattern.source,
      description: 'It stands in every path of the tenant',
    }),
  },
  { title: 'CreateTenantRequest' },
)

/** A merge patch (RFC 7396): every member is optional. */
export const PatchTenantRequest = Type.Partial(patchSchema(TenantSettingsInput), {
  title: 'PatchTenantRequest',
})

const OAuth2Response = Type.Object(
  { ...viewMembers(OAuth2Config), audience: Type.Array(Type.String()) },
  { title: 'TenantOAuth2' },
)

/** A tenant with its defaults filled in. */
export const TenantResponse = Type.Object(
  {
    id: Type.String(),
    source: Type.Union([Type.Literal('config'), Type.Literal('storage')], {
      description: 'config: it is read-only here',
    }),
    ...viewMembers(TenantSettings),
    issuer: Type.String(),
    oauth2: OrNull(OAuth2Response, 'Null: it issues no OAuth 2.0 tokens'),
    api_keys: OrNull(
      Type.Object(viewMembers(ApiKeySettings), { title: 'TenantApiKeys' }),
      'Null: it has no API keys',
    ),
    signing: OrNull(
      Type.Object(viewMembers(SigningSettings), { title: 'TenantSigning' }),
      'Null: config.yaml says',
    ),
    created_at: MomentOrNull('Null: by config.yaml'),
  },
  { title: 'TenantResponse' },
)

export const TenantList = pageOf(TenantResponse, 'TenantList')
