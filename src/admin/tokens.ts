import { type Static, Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { formats } from '../config/formats.ts'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { answer, jsonBody, refusal, tenantParameter } from '../http/openapi-parts.ts'
import { parseJsonBody } from '../http/request/json-body.ts'
import { revokeManyTokens } from '../management/revoke/revoke-many-tokens.ts'
import { revokeOneToken } from '../management/revoke/revoke-one-token.ts'
import { OAuthError } from '../protocol/errors.ts'
import { actorOf, forTenant, type TenantCall } from './access.ts'
import { adminShared, Moment, malformedBody, readErrors, tooLargeBody } from './openapi-details.ts'

const path = '/api/v1/admin/tenants/:tenant/tokens/revoke'

/** `POST /api/v1/admin/tenants/{tenant}/tokens/revoke`. */
export const adminTokens = (deps: Deps) =>
  new Elysia().post(path, forTenant(deps, revoke), { parse: 'none', detail })

const RevokeRequest = Type.Object(
  {
    token: Type.Optional(
      Type.String({ minLength: 1, description: 'An access token, an API key or a refresh token' }),
    ),
    client_id: Type.Optional(
      Type.String({ pattern: '^[ -~]{1,256}$', description: 'Every token of this client' }),
    ),
    all: Type.Optional(Type.Literal(true, { description: 'Every token of the tenant' })),
    before: Type.Optional(
      Type.String({
        maxLength: 40,
        description: 'With client_id or all: what was issued by then, in UTC; default: now',
      }),
    ),
  },
  { title: 'RevokeTokensRequest', additionalProperties: false },
)
type RevokeRequest = Static<typeof RevokeRequest>

const RevokeResponse = Type.Object(
  {
    revoked: Type.Union([
      Type.Literal('token'),
      Type.Literal('api_key'),
      Type.Literal('refresh_token'),
      Type.Literal('tokens'),
    ]),
    before: Type.Optional(Moment('What was issued by then is no good now')),
  },
  { title: 'RevokeTokensResponse' },
)
type RevokeResponse = Static<typeof RevokeResponse>

async function revoke(call: TenantCall): Promise<Response> {
  const body = await parseJsonBody(call.request, { schema: RevokeRequest })
  const { token, client_id, all, before } = body
  const wanted = [token, client_id, all].filter((each) => each !== undefined)
  if (wanted.length !== 1 || (token !== undefined && before !== undefined)) {
    throw new OAuthError(
      'invalid_request',
      'Exactly one of token, client_id and all is wanted, and before not with token',
    )
  }
  const done = token === undefined ? await revokeMany(body, call) : await revokeToken(token, call)
  return json(done)
}

async function revokeToken(token: string, call: TenantCall): Promise<RevokeResponse> {
  const { kind } = await revokeOneToken({ token, actor: actorOf(call) }, call.tenant, call.deps)
  return { revoked: kind }
}

async function revokeMany({ client_id, before }: RevokeRequest, call: TenantCall): Promise<RevokeResponse> {
  const until = before === undefined ? undefined : parseMoment(before)
  const options = { clientId: client_id, before: until, actor: actorOf(call) }
  const done = await revokeManyTokens(options, call.tenant.id, call.deps)
  return { revoked: 'tokens', before: done.before }
}

function parseMoment(text: string): number {
  if (formats['moment']?.accepts(text)) return Date.parse(text)
  throw new OAuthError(
    'invalid_request',
    'The field before must be a time in UTC such as 2030-01-31T00:00:00Z',
  )
}

const detail = {
  ...adminShared,
  operationId: 'adminRevokeTokens',
  summary: 'Revoke a token, those of a client, or all of a tenant',
  description: [
    'Once the answer is there, no replica takes them any more; API keys count as tokens. An API that looks at the signature',
    'alone does not learn of it until exp. With `all` the token of the caller may be among them.',
  ].join('\n'),
  parameters: [tenantParameter],
  ...jsonBody(RevokeRequest, { client_id: 'billing', before: '2030-01-01T00:00:00Z' }),
  responses: {
    200: answer('They are no good now', RevokeResponse, {
      revoked: 'tokens',
      before: '2030-01-01T00:00:00.000Z',
    }),
    400: refusal(
      'The request is malformed',
      ...malformedBody,
      ['invalid_request', 'Exactly one of token, client_id and all is wanted, and before not with token'],
      ['invalid_request', 'The field before must not be in the future'],
      ['invalid_request', 'The field token is no token of this tenant, or has expired'],
    ),
    ...readErrors,
    ...tooLargeBody,
  },
}
