import type { DocumentDecoration } from 'elysia'
import type { ClientView } from '../clients/client-view.ts'
import { ClientSettings } from '../config/client-schema.ts'
import { fillSettings } from '../config/fill-settings.ts'
import { answer, jsonBody, refusal, shared, tenantParameter } from '../http/openapi-parts.ts'
import {
  ClientList,
  ClientResponse,
  CreateClientRequest,
  CreateClientResponse,
  PatchClientRequest,
} from './clients-messages.ts'
import {
  adminShared,
  clientParameter,
  ifMatchParameter,
  listErrors,
  malformedBody,
  optionalIfMatch,
  pageParameters,
  preconditionErrors,
  readErrors,
  refuseUnknown,
  requiredPrecondition,
  tooLargeBody,
} from './openapi-details.ts'

const summary: ClientView = {
  client_id: 'billing',
  source: 'storage',
  ...fillSettings(ClientSettings, { scopes: ['api:read'] }),
  name: 'Billing',
  default_scopes: ['api:read'],
  created_at: '2030-01-01T00:00:00.000Z',
}

const example = {
  ...summary,
  secrets: [
    {
      id: '1f0c5b2e',
      created_at: '2030-01-01T00:00:00.000Z',
      not_before: null,
      expires_at: null,
      last_used: null,
      valid: true,
    },
  ],
}

const malformed = refusal('The request is malformed', ...malformedBody, [
  'invalid_request',
  'The field scopes has a scope that the tenant does not have',
])

export const readOnly = ['conflict', 'The client is defined in config.yaml and read-only here'] as const

export const notFound = shared('ClientNotFound', refuseUnknown('client', 'Client not found'))

export const listDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'listClients',
  summary: 'List the clients of a tenant',
  description: 'By id, those of config.yaml among them.',
  parameters: [tenantParameter, ...pageParameters],
  responses: {
    200: answer('The clients', ClientList, { items: [summary], next_cursor: null }),
    ...listErrors,
  },
}

export const createDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'createClient',
  summary: 'Make a client',
  description: [
    'The members are those of config.yaml, with the same rules and defaults. Its secret is in this answer and nowhere else:',
    'only the hash is kept.',
  ].join('\n'),
  parameters: [tenantParameter],
  ...jsonBody(CreateClientRequest, { client_id: 'billing', name: 'Billing', scopes: ['api:read'] }),
  responses: {
    201: answer('The client with its secret and its ETag', CreateClientResponse, {
      client_secret: 'gds_...',
      ...example,
    }),
    400: malformed,
    ...readErrors,
    409: refusal('The id is taken', ['conflict', 'A client of this id exists already'], readOnly),
    ...tooLargeBody,
  },
}

export const getDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'getClient',
  summary: 'Read a client',
  description: 'With an ETag, unless config.yaml defines it.',
  parameters: [tenantParameter, clientParameter],
  responses: { 200: answer('The client', ClientResponse, example), ...readErrors, 404: notFound },
}

export const patchDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'changeClient',
  summary: 'Change a client',
  description: 'A merge patch (RFC 7396): what is left out stays, and null brings back the default.',
  parameters: [tenantParameter, clientParameter, ifMatchParameter],
  ...jsonBody(PatchClientRequest, { active: false }),
  responses: {
    200: answer('The client as it is now, with its new ETag', ClientResponse, { ...example, active: false }),
    400: malformed,
    ...readErrors,
    404: notFound,
    409: refusal('It is not ours to change', readOnly),
    ...requiredPrecondition,
    ...tooLargeBody,
  },
}

export const deleteDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'deleteClient',
  summary: 'Delete a client',
  description:
    'Its tokens and the API keys that it made are revoked, though a client is made again under the same id.',
  parameters: [tenantParameter, clientParameter, optionalIfMatch],
  responses: {
    204: { description: 'It is gone' },
    ...readErrors,
    404: notFound,
    409: refusal('It is not ours to delete', readOnly),
    ...preconditionErrors,
  },
}
