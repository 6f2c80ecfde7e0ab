import { type Static, Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { json } from '../../http/answer/json.ts'
import { answer, pathParameter, refusal } from '../../http/openapi-parts.ts'
import { OAuthError } from '../../protocol/errors.ts'
import type { Refusal } from '../../refusals/refusal-book.ts'
import { viewRefusal } from '../../refusals/refusal-view.ts'
import { type AdminCall, answerAdmin, idOf } from '../access.ts'
import { adminShared, OrNull, readErrors } from '../openapi-details.ts'

/** `GET /api/v1/admin/requests/{id}`: why a request was refused. */
export const adminRequests = (deps: Deps) =>
  new Elysia().get(
    '/api/v1/admin/requests/:id',
    ({ request, params }) => answerAdmin(request, deps, (call) => explain(call, idOf(params.id))),
    { detail },
  )

const RefusedRequest = Type.Object(
  {
    time: Type.String({ format: 'date-time' }),
    tenant: OrNull(Type.String(), 'Null: not known'),
    client_id: OrNull(Type.String(), 'Null: not known, or there is no such client'),
    method: Type.String(),
    route: OrNull(Type.String(), 'Null: no route has the path'),
    status: Type.Integer({ description: 'The status of the answer' }),
    error: OrNull(Type.String(), 'The error code of the answer; null: it had none'),
    check: Type.String({ description: 'The check that failed' }),
    saw: OrNull(Type.String(), 'What the check saw'),
    wanted: OrNull(Type.String(), 'What would have passed'),
  },
  { title: 'RefusedRequest' },
)

const RefusedRequests = Type.Object(
  {
    request_id: Type.String(),
    refusals: Type.Array(RefusedRequest, {
      description:
        'The newest 20, the oldest of them first. More than one where senders have chosen the same X-Request-Id.',
    }),
    left_out: Type.Integer({ minimum: 0, description: 'How many older ones are kept and not shown' }),
  },
  { title: 'RefusedRequests' },
)
type RefusedRequests = Static<typeof RefusedRequests>

const notKept = 'No refusal with this request id is kept'

async function explain({ deps, ...call }: AdminCall, requestId: string): Promise<Response> {
  const isOwn = call.isSuper ? undefined : await findOwn(call, deps)
  const { refusals, leftOut } = await deps.refusals.find(requestId, isOwn)
  if (refusals.length === 0) throw new OAuthError('not_found', notKept)
  const answered: RefusedRequests = {
    request_id: requestId,
    refusals: refusals.map(viewRefusal),
    left_out: leftOut,
  }
  return json(answered)
}

/** The refusals of the tenant of the caller, since this tenant was made: another one may have had its id before. */
async function findOwn(
  { ownTenant }: Pick<AdminCall, 'ownTenant'>,
  { tenants }: Pick<Deps, 'tenants'>,
): Promise<(refusal: Refusal) => boolean> {
  const since = (await tenants.findAny(ownTenant))?.generation ?? 0
  return ({ tenant, at }) => tenant === ownTenant && at >= since
}

const detail = {
  ...adminShared,
  operationId: 'explainRequest',
  summary: 'Say why a request was refused',
  description: [
    'Answers to clients are bland. This says which check refused the request with this `X-Request-Id`, what it saw, and what would have',
    'passed, for as long as `refusals.retain` says. An admin sees requests of its own tenant; the tenant that `admin.tenant` names sees',
    'all, and those of which no tenant is known.',
  ].join('\n'),
  parameters: [
    pathParameter('id', {
      description: 'The X-Request-Id of the answer',
      example: '18fa302255448cef517c1eba4f59f4b8',
    }),
  ],
  responses: {
    200: answer('Why it was refused', RefusedRequests, {
      request_id: '18fa302255448cef517c1eba4f59f4b8',
      refusals: [
        {
          time: '2030-01-01T00:00:00.000Z',
          tenant: 'acme',
          client_id: 'billing',
          method: 'POST',
          route: '/api/v1/tenant/:tenant/oauth/token',
          status: 400,
          error: 'invalid_scope',
          check: 'scope',
          saw: 'api:admin, which the client does not have',
          wanted: 'some of: api:read, api:write',
        },
      ],
      left_out: 0,
    }),
    ...readErrors,
    404: refusal('Nothing is known of it, or it is of another tenant', ['not_found', notKept]),
  },
}
