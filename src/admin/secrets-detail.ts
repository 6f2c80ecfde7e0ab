import type { DocumentDecoration } from 'elysia'
import { answer, jsonBody, pathParameter, refusal, tenantParameter } from '../http/openapi-parts.ts'
import { notFound, readOnly } from './clients-detail.ts'
import {
  adminShared,
  clientParameter,
  malformedBody,
  optionalIfMatch,
  preconditionErrors,
  readErrors,
  tooLargeBody,
} from './openapi-details.ts'
import { AddSecretRequest, AddSecretResponse, SecretList } from './secrets-messages.ts'

const secretParameter = pathParameter('secret', { description: 'The id of a secret', example: '1f0c5b2e' })

const example = {
  id: '1f0c5b2e',
  created_at: '2030-01-01T00:00:00.000Z',
  not_before: null,
  expires_at: null,
  last_used: null,
  valid: true,
}

export const listDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'listSecrets',
  summary: 'List the secrets of a client',
  description:
    'When each was made, when it ends and when it was used last, so that one sees which is free to go. Never a secret, nor its hash.',
  parameters: [tenantParameter, clientParameter],
  responses: {
    200: answer('The secrets, all of them', SecretList, {
      items: [{ ...example, last_used: '2030-01-02T03:04:05.000Z' }],
      next_cursor: null,
    }),
    ...readErrors,
    404: notFound,
  },
}

export const addDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'addSecret',
  summary: 'Give a client a new secret',
  description: [
    'The others end a day later, or when `old_ends_in_seconds` says; until then any of them authenticates. Secrets that have',
    'ended are dropped. A body is not needed.',
  ].join('\n'),
  parameters: [tenantParameter, clientParameter, optionalIfMatch],
  ...jsonBody(AddSecretRequest, { old_ends_in_seconds: 3600 }, { required: false }),
  responses: {
    201: answer('The secret, shown this once, with the new ETag of the client', AddSecretResponse, {
      client_secret: 'gds_...',
      ...example,
    }),
    400: refusal('The request is malformed', ...malformedBody, [
      'invalid_request',
      'The field expires_at must be in the future',
    ]),
    ...readErrors,
    404: notFound,
    409: refusal(
      'There is no room for it',
      ['conflict', 'A secret of this id exists already'],
      ['conflict', 'The client has as many secrets as it can have; remove one'],
      readOnly,
    ),
    ...preconditionErrors,
    ...tooLargeBody,
  },
}

export const removeDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'removeSecret',
  summary: 'End a secret at once',
  description:
    'Tokens that it got live on; revoke them beside it where they must not. The last secret can go too.',
  parameters: [tenantParameter, clientParameter, secretParameter, optionalIfMatch],
  responses: {
    204: { description: 'It is gone' },
    ...readErrors,
    404: refusal(
      'No such secret or client, or no tenant of this id that you manage',
      ['not_found', 'Secret not found'],
      ['not_found', 'Client not found'],
      ['tenant_not_found', 'Tenant not found'],
    ),
    409: refusal('It is not ours to remove', readOnly),
    ...preconditionErrors,
  },
}
