import { type TSchema, Type } from '@sinclair/typebox'
import {
  managementErrors,
  pathParameter,
  refusal,
  security,
  shared,
  tooLarge,
} from '../http/openapi-parts.ts'
import { largestPage, usualPage } from './list-page.ts'

/** The part of the OpenAPI document that every route of the admin API shares. */
export const adminShared = {
  tags: ['Admin'],
  security: [{ [security.oauth2]: [] }, { [security.bearer]: [] }],
}

export const clientParameter = pathParameter('client', {
  description: 'The id of a client, percent-encoded as one segment: a slash is %2F',
  example: 'billing',
})

export const ifMatchParameter = {
  name: 'If-Match',
  in: 'header',
  required: true,
  description: 'The ETag of what is changed, or *',
  schema: { type: 'string' },
  example: '"1-o5vfuww0"',
} as const

export const optionalIfMatch = { ...ifMatchParameter, required: false } as const

export const pageParameters = [
  {
    name: 'limit',
    in: 'query',
    description: 'Items of a page',
    schema: { type: 'integer', minimum: 1, maximum: largestPage, default: usualPage },
  },
  {
    name: 'cursor',
    in: 'query',
    description: '`next_cursor` of the page before',
    schema: { type: 'string' },
  },
] as const

export const Damaged = Type.Array(Type.String(), {
  description:
    'Ids of the page whose rows cannot be read: they are not among the items, and the log says more',
})

export const pageOf = <S extends TSchema>(item: S, title: string) =>
  Type.Object(
    {
      items: Type.Array(item),
      next_cursor: OrNull(Type.String(), 'For the next page; null on the last one'),
      damaged: Type.Optional(Damaged),
    },
    { title },
  )

export const OrNull = <S extends TSchema>(schema: S, description: string) =>
  Type.Union([schema, Type.Null()], { description })

export const Moment = (description: string) => Type.String({ format: 'date-time', description })
export const MomentOrNull = (description: string) => OrNull(Type.String({ format: 'date-time' }), description)

/** A time (ms since the epoch) in ISO 8601. */
export function renderMoment(time: number): string {
  return new Date(time).toISOString()
}

export function renderMomentOrNull(time: number | null): string | null {
  return time === null ? null : renderMoment(time)
}

const badQuery = ['invalid_request', 'The cursor is none of this list'] as const

/** The errors of every route; lists add 400. */
export const readErrors = {
  ...managementErrors,
  403: shared(
    'NotAnAdmin',
    refusal(
      'The token is good and does not do for this',
      ['insufficient_scope', 'The access token does not have the scope grantd:admin'],
      ['insufficient_scope', 'An API key cannot manage this server'],
    ),
  ),
}

export const listErrors = {
  400: refusal('The query is malformed', badQuery, [
    'invalid_request',
    'limit must be a whole number from 1 to 100',
  ]),
  ...readErrors,
}

/** The 404 of a thing below a tenant. */
export const refuseUnknown = (what: string, sentence: string) =>
  refusal(
    `No such ${what}, or no tenant of this id that you manage`,
    ['not_found', sentence],
    ['tenant_not_found', 'Tenant not found'],
  )

export const preconditionErrors = {
  412: shared(
    'PreconditionFailed',
    refusal('It is not any more what was read', [
      'precondition_failed',
      'It was changed meanwhile: read it again and send its ETag',
    ]),
  ),
}

export const requiredPrecondition = {
  ...preconditionErrors,
  428: shared(
    'PreconditionRequired',
    refusal('There is no If-Match', [
      'precondition_required',
      'If-Match is required: send the ETag of what is changed',
    ]),
  ),
}

export const malformedBody = [
  ['invalid_request', 'The body must be application/json'],
  ['invalid_request', 'The request body has a field that is not known'],
] as const

export const tooLargeBody = {
  413: tooLarge,
}
