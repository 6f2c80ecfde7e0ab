import { type Static, Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { answer, jsonBody, refusal, tenantParameter, unavailable } from '../http/openapi-parts.ts'
import { hasBody, parseJsonBody } from '../http/request/json-body.ts'
import type { KeyReport } from '../keys/key-report.ts'
import { RotationError } from '../keys/ring/rotator.ts'
import { rotateSigningKey } from '../management/rotate-signing-key.ts'
import { OAuthError, UnavailableError } from '../protocol/errors.ts'
import { actorOf, forTenant, type TenantCall } from './access.ts'
import {
  adminShared,
  Moment,
  MomentOrNull,
  malformedBody,
  OrNull,
  readErrors,
  renderMoment,
  renderMomentOrNull,
  tooLargeBody,
} from './openapi-details.ts'

const base = '/api/v1/admin/tenants/:tenant/keys'

/** `/api/v1/admin/tenants/{tenant}/keys`: lists and rotates signing keys; private halves are never shown. */
export const adminKeys = (deps: Deps) =>
  new Elysia()
    .get(base, forTenant(deps, list), { detail: listDetail })
    .post(`${base}/rotate`, forTenant(deps, rotate), { parse: 'none', detail: rotateDetail })

const AdminKey = Type.Object(
  {
    kid: Type.String(),
    state: Type.Union([Type.Literal('active'), Type.Literal('next'), Type.Literal('retiring')], {
      description: 'active: it signs; next: it is published and will; retiring: it did, and still verifies',
    }),
    algorithm: Type.String(),
    created_at: MomentOrNull('Null: not known'),
    activated_at: MomentOrNull('Null: not yet, or not known'),
    retired_at: MomentOrNull('Null: not yet'),
  },
  { title: 'AdminKey' },
)

const AdminKeyStep = Type.Object(
  {
    kind: Type.String({ description: 'create, activate, forget (the private half), remove, or amend' }),
    kid: OrNull(Type.String(), 'Null: that of a key which is still to be made'),
    at: Moment('When it is due'),
  },
  { title: 'AdminKeyStep' },
)

const AdminKeyList = Type.Object(
  {
    items: Type.Array(AdminKey),
    steps: Type.Array(AdminKeyStep, { description: 'What is to come, one rotation ahead' }),
    next_cursor: OrNull(Type.String(), 'Always null: this is all'),
  },
  { title: 'AdminKeyList' },
)
type AdminKeyList = Static<typeof AdminKeyList>

const RotateRequest = Type.Object(
  {
    now: Type.Optional(
      Type.Boolean({
        description:
          'true: the new key signs at once, though verifiers that keep the JWK Set may not know it yet; default: once they do',
      }),
    ),
  },
  { title: 'RotateKeyRequest', additionalProperties: false },
)

const RotateResponse = Type.Object(
  {
    outcome: Type.Union(
      (['announced', 'waiting', 'rotated', 'elsewhere', 'too-soon'] as const).map((each) =>
        Type.Literal(each),
      ),
      {
        description:
          'announced: there is a next key; waiting: there was one already; rotated: a new key signs; elsewhere: somebody else rotated meanwhile; too-soon: the key is younger than a minute',
      },
    ),
  },
  { title: 'RotateKeyResponse' },
)

async function list({ tenant, deps }: TenantCall): Promise<Response> {
  const report = await deps.keyring.report(tenant.id, { withPrivate: false })
  // The complaint names files, which only the log may show.
  if (report.complaint !== undefined) throw new UnavailableError(report.complaint)
  return json(render(report))
}

function render({ keys, steps }: KeyReport): AdminKeyList {
  return {
    items: keys.map(({ kid, state, algorithm, createdAt, activatedAt, retiredAt }) => ({
      kid,
      state,
      algorithm,
      created_at: renderMomentOrNull(createdAt),
      activated_at: renderMomentOrNull(activatedAt),
      retired_at: renderMomentOrNull(retiredAt),
    })),
    steps: steps.map((step) => ({
      kind: step.kind,
      kid: 'kid' in step && step.kid !== '' ? step.kid : null,
      at: renderMoment(step.at),
    })),
    next_cursor: null,
  }
}

async function rotate(call: TenantCall): Promise<Response> {
  const { request, tenant, deps } = call
  const { now = false } = hasBody(request) ? await parseJsonBody(request, { schema: RotateRequest }) : {}
  try {
    const { outcome } = await rotateSigningKey({ now, actor: actorOf(call) }, tenant.id, deps)
    return json({ outcome })
  } catch (cause) {
    if (!(cause instanceof RotationError)) throw cause
    throw new OAuthError('conflict', 'The signing key is a file of yours, and grantd does not replace it', {
      cause,
    })
  }
}

const example: AdminKeyList = {
  items: [
    {
      kid: 'eFr29rbuKSq_xn0JQP0L9AdIqNjtDNRXvfy01kg3diw',
      state: 'active',
      algorithm: 'RS256',
      created_at: '2030-01-01T00:00:00.000Z',
      activated_at: '2030-01-01T00:10:00.000Z',
      retired_at: null,
    },
  ],
  steps: [{ kind: 'create', kid: null, at: '2030-03-31T23:50:00.000Z' }],
  next_cursor: null,
}

const listDetail = {
  ...adminShared,
  operationId: 'listSigningKeys',
  summary: 'List the signing keys of a tenant',
  description:
    'In the order in which the JWK Set has them, and what is to come. A key of config.yaml is listed too.',
  parameters: [tenantParameter],
  responses: {
    200: answer('The keys', AdminKeyList, example),
    ...readErrors,
    503: unavailable,
  },
}

const rotateDetail = {
  ...adminShared,
  operationId: 'rotateSigningKey',
  summary: 'Replace the signing key of a tenant',
  description: [
    'The new key is published first and signs once verifiers have it; the old one verifies on for as long as its tokens live.',
    'A body is not needed.',
  ].join('\n'),
  parameters: [tenantParameter],
  ...jsonBody(RotateRequest, { now: false }, { required: false }),
  responses: {
    200: answer('What came of it', RotateResponse, { outcome: 'announced' }),
    400: refusal('The request is malformed', ...malformedBody),
    ...readErrors,
    409: refusal('The key is not of grantd', [
      'conflict',
      'The signing key is a file of yours, and grantd does not replace it',
    ]),
    ...tooLargeBody,
  },
}
