import type { DocumentDecoration } from 'elysia'
import { fillSettings } from '../config/fill-settings.ts'
import { OAuth2Config, SigningSettings, TenantSettings } from '../config/tenant-schema.ts'
import { answer, jsonBody, refusal, shared, tenantParameter } from '../http/openapi-parts.ts'
import type { TenantView } from '../tenants/tenant-view.ts'
import {
  adminShared,
  ifMatchParameter,
  listErrors,
  malformedBody,
  optionalIfMatch,
  pageParameters,
  preconditionErrors,
  readErrors,
  requiredPrecondition,
  tooLargeBody,
} from './openapi-details.ts'
import { CreateTenantRequest, PatchTenantRequest, TenantList, TenantResponse } from './tenants-messages.ts'

const example: TenantView = {
  id: 'acme',
  source: 'storage',
  ...fillSettings(TenantSettings, { name: 'Acme' }),
  issuer: 'https://auth.example.com/api/v1/tenant/acme',
  oauth2: {
    ...fillSettings(OAuth2Config, { access_token_ttl: 900, scopes: { 'api:read': 'Read access' } }),
    audience: ['acme-api'],
  },
  signing: fillSettings(SigningSettings, { rotate_every: 7_776_000 }),
  created_at: '2030-01-01T00:00:00.000Z',
}

const forbidden = {
  403: shared(
    'NotTheAdminTenant',
    refusal(
      'The token is good and does not do for this',
      ['insufficient_scope', 'The access token does not have the scope grantd:admin'],
      ['insufficient_scope', 'Only the admin tenant makes, changes and deletes tenants'],
    ),
  ),
}

const readOnly = ['conflict', 'The tenant is defined in config.yaml and read-only here'] as const
const issuerTaken = ['conflict', 'Another tenant has this issuer'] as const

export const listDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'listTenants',
  summary: 'List the tenants',
  description: 'By id, inactive ones too. A tenant of its own sees itself alone.',
  parameters: [...pageParameters],
  responses: {
    200: answer('The tenants', TenantList, { items: [example], next_cursor: null }),
    ...listErrors,
  },
}

export const createDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'createTenant',
  summary: 'Make a tenant',
  description: [
    'The members are those of config.yaml, with the same rules and defaults; a time is a number of seconds. Only the tenant',
    'that `admin.tenant` names may.',
  ].join('\n'),
  ...jsonBody(CreateTenantRequest, {
    id: 'acme',
    name: 'Acme',
    oauth2: { audience: ['acme-api'], scopes: { 'api:read': 'Read access' } },
  }),
  responses: {
    201: answer('The tenant, with its ETag', TenantResponse, example),
    400: refusal('The request is malformed', ...malformedBody),
    ...readErrors,
    ...forbidden,
    409: refusal(
      'The id or the issuer is taken',
      ['conflict', 'A tenant of this id exists already'],
      readOnly,
      issuerTaken,
    ),
    ...tooLargeBody,
  },
}

export const getDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'getTenant',
  summary: 'Read a tenant',
  description: 'With an ETag, unless config.yaml defines it.',
  parameters: [tenantParameter],
  responses: { 200: answer('The tenant', TenantResponse, example), ...readErrors },
}

export const patchDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'changeTenant',
  summary: 'Change a tenant',
  description: [
    'A merge patch (RFC 7396): what is left out stays, and null brings back the default. Replicas go by it at once.',
    'Only the tenant that `admin.tenant` names may.',
  ].join('\n'),
  parameters: [tenantParameter, ifMatchParameter],
  ...jsonBody(PatchTenantRequest, { active: false }),
  responses: {
    200: answer('The tenant as it is now, with its new ETag', TenantResponse, {
      ...example,
      active: false,
    }),
    400: refusal('The request is malformed', ...malformedBody),
    ...readErrors,
    ...forbidden,
    409: refusal('It cannot be changed so', readOnly, issuerTaken),
    ...requiredPrecondition,
    ...tooLargeBody,
  },
}

export const deleteDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'deleteTenant',
  summary: 'Delete a tenant',
  description: [
    'With its clients, API keys and signing keys. Its audit trail stays, and its tokens stay revoked, though a tenant is',
    'made again under the same id. Only an inactive tenant can be deleted, and only by the tenant that `admin.tenant` names.',
  ].join('\n'),
  parameters: [tenantParameter, optionalIfMatch],
  responses: {
    204: { description: 'It is gone' },
    ...readErrors,
    ...forbidden,
    409: refusal('It cannot be deleted', readOnly, [
      'conflict',
      'The tenant is active; make it inactive before it is deleted',
    ]),
    ...preconditionErrors,
  },
}
