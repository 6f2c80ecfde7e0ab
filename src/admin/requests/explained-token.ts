import { type Static, Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { json } from '../../http/answer/json.ts'
import { answer, jsonBody, refusal } from '../../http/openapi-parts.ts'
import { parseJsonBody } from '../../http/request/json-body.ts'
import { explainToken } from '../../tokens/explain/explain-token.ts'
import { type AdminCall, answerAdmin } from '../access.ts'
import { adminShared, malformedBody, OrNull, readErrors, tooLargeBody } from '../openapi-details.ts'

/** `POST /api/v1/admin/tokens/explain`: why this server takes or refuses a token now. */
export const adminTokenExplanation = (deps: Deps) =>
  new Elysia().post('/api/v1/admin/tokens/explain', ({ request }) => answerAdmin(request, deps, explain), {
    parse: 'none',
    detail,
  })

const ExplainTokenRequest = Type.Object(
  {
    token: Type.String({ minLength: 1, description: 'An access token, an API key or a refresh token' }),
    tenant: Type.Optional(
      Type.String({ description: 'The tenant of a refresh token; default: that of the caller' }),
    ),
  },
  { title: 'ExplainTokenRequest', additionalProperties: false },
)

const ExplainedToken = Type.Object(
  {
    kind: Type.Union(
      (['access_token', 'api_key', 'refresh_token', 'unknown'] as const).map((kind) => Type.Literal(kind)),
    ),
    accepted: Type.Boolean({ description: 'Whether the server would take it now' }),
    tenant: OrNull(Type.String(), 'Null: not known, or another one than that of the caller'),
    steps: Type.Array(
      Type.Object({
        step: Type.String({ description: 'A step of the check' }),
        result: Type.Union(
          (['pass', 'fail', 'unknown'] as const).map((result) => Type.Literal(result)),
          { description: 'unknown: an earlier step failed, on which this one depends' },
        ),
        saw: OrNull(Type.String(), 'What the step saw'),
        wanted: OrNull(Type.String(), 'What would have passed, of a step that failed'),
      }),
    ),
  },
  { title: 'ExplainedToken' },
)
type ExplainedToken = Static<typeof ExplainedToken>

async function explain({ request, deps, isSuper, ownTenant }: AdminCall): Promise<Response> {
  const { token, tenant: asked = ownTenant } = await parseJsonBody(request, { schema: ExplainTokenRequest })
  const place = {
    tenant: isSuper || asked === ownTenant ? await deps.tenants.findAny(asked) : undefined,
    tenantId: isSuper ? undefined : ownTenant,
  }
  const { steps, ...explained } = await explainToken(token.trim(), place, deps)
  const body: ExplainedToken = { ...explained, steps: steps.map((step) => ({ ...step })) }
  return json(body)
}

const detail = {
  ...adminShared,
  operationId: 'explainToken',
  summary: 'Say why a token is accepted or refused',
  description: [
    'Runs the check of an access token, an API key or a refresh token, step by step, and changes nothing. An admin of a tenant learns of',
    'tokens of its tenant alone.',
  ].join('\n'),
  ...jsonBody(ExplainTokenRequest, { token: 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln' }),
  responses: {
    200: answer('What came of each step', ExplainedToken, {
      kind: 'access_token',
      accepted: false,
      tenant: 'acme',
      steps: [
        { step: 'signature', result: 'pass', saw: null, wanted: null },
        {
          step: 'revocation',
          result: 'fail',
          saw: 'this token was revoked; it is of 2030-01-01T00:00:00Z, 12 min ago',
          wanted: 'a token that was not revoked',
        },
      ],
    }),
    400: refusal('The request is malformed', ...malformedBody),
    ...readErrors,
    ...tooLargeBody,
  },
}
