import type { DocumentDecoration } from 'elysia'
import {
  answer,
  jsonBody,
  pathParameter,
  refusal,
  shared,
  tenantParameter,
} from '../../http/openapi-parts.ts'
import type { PersonView } from '../../users/person-view.ts'
import {
  adminShared,
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
} from '../openapi-details.ts'
import {
  CreateUserRequest,
  CreateUserResponse,
  PatchUserRequest,
  UserList,
  UserResponse,
} from './users-messages.ts'

const exampleSub = 'vJtk1BmDQkmvz1Yp0cXhSw'

const example: PersonView = {
  sub: exampleSub,
  source: 'storage',
  key: null,
  email: 'ada@example.com',
  email_verified: false,
  name: 'Ada Lovelace',
  active: true,
  groups: ['staff'],
  attributes: { locale: 'en' },
  has_password: false,
  link_expires_at: '2030-01-02T00:00:00.000Z',
  created_at: '2030-01-01T00:00:00.000Z',
  updated_at: '2030-01-01T00:00:00.000Z',
}

const chosen = { email: 'ada@example.com', name: 'Ada Lovelace', groups: ['staff'] }

export const exampleLink = `https://auth.example.com/api/v1/tenant/acme/account/password?link=${exampleSub}.fR3c...`

export const userParameter = pathParameter('user', {
  description: 'The sub of a person, percent-encoded as one segment: a slash is %2F',
  example: exampleSub,
})

const malformed = refusal(
  'The request is malformed',
  ...malformedBody,
  ['invalid_request', 'Missing required field: email'],
  ['invalid_request', 'The field password_hash must be a whole argon2id, bcrypt or PBKDF2 hash'],
  [
    'invalid_request',
    'The field password_hash takes more than a second to check; only grantd user import takes it',
  ],
)

export const readOnly = ['conflict', 'The person is defined in config.yaml and read-only here'] as const
const taken = ['conflict', 'A person with this e-mail address exists already'] as const

export const notFound = shared('UserNotFound', refuseUnknown('person', 'User not found'))

export const listDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'listUsers',
  summary: 'List the people of a tenant',
  description: 'By sub, those of config.yaml among them. With `email`, the one person who has it.',
  parameters: [
    tenantParameter,
    ...pageParameters,
    {
      name: 'email',
      in: 'query',
      description: 'An e-mail address, compared without case',
      schema: { type: 'string' },
    },
  ],
  responses: {
    200: answer('The people', UserList, { items: [example], next_cursor: null }),
    ...listErrors,
  },
}

export const createDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'createUser',
  summary: 'Make a person',
  description: [
    'The members are those of `users` in config.yaml, with the same rules and defaults. The answer has a link on which the person',
    'chooses a password: send it. It is good once, for a day, and in this answer and nowhere else. With `password_hash` there is none.',
  ].join('\n'),
  parameters: [tenantParameter],
  ...jsonBody(CreateUserRequest, chosen),
  responses: {
    201: answer('The person with the link and the ETag', CreateUserResponse, {
      link: exampleLink,
      ...example,
    }),
    400: malformed,
    ...readErrors,
    409: refusal('The address or the sub is taken', taken, [
      'conflict',
      'A person with this e-mail address exists in config.yaml',
    ]),
    ...tooLargeBody,
  },
}

export const getDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'getUser',
  summary: 'Read a person',
  description: 'With an ETag, unless config.yaml defines the person. Never the hash of the password.',
  parameters: [tenantParameter, userParameter],
  responses: { 200: answer('The person', UserResponse, example), ...readErrors, 404: notFound },
}

export const patchDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'changeUser',
  summary: 'Change a person',
  description: [
    'A merge patch (RFC 7396): what is left out stays, and null brings back the default. `active: false` signs the person out everywhere',
    'and ends all tokens at once; `true` brings none of them back. A new address is not verified unless the patch says so, and ends an open link.',
  ].join('\n'),
  parameters: [tenantParameter, userParameter, ifMatchParameter],
  ...jsonBody(PatchUserRequest, { active: false }),
  responses: {
    200: answer('The person as they are now, with the new ETag', UserResponse, { ...example, active: false }),
    400: malformed,
    ...readErrors,
    404: notFound,
    409: refusal('It is not ours to change, or the address is taken', readOnly, taken),
    ...requiredPrecondition,
    ...tooLargeBody,
  },
}

export const deleteDetail: DocumentDecoration = {
  ...adminShared,
  operationId: 'deleteUser',
  summary: 'Delete a person',
  description: 'With the consents; sessions and tokens are over at once. The audit trail keeps the sub.',
  parameters: [tenantParameter, userParameter, optionalIfMatch],
  responses: {
    204: { description: 'The person is gone' },
    ...readErrors,
    404: notFound,
    409: refusal('It is not ours to delete', readOnly),
    ...preconditionErrors,
  },
}
