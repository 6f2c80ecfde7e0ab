import { Type } from '@sinclair/typebox'
import { Elysia } from 'elysia'
import { AuditEntry } from '../audit/audit-row.ts'
import type { AuditPage } from '../audit/audit-trail.ts'
import type { Deps } from '../deps.ts'
import { json } from '../http/answer/json.ts'
import { noStore } from '../http/answer/no-store.ts'
import { answer, plainSchema, refusal, tenantParameter } from '../http/openapi-parts.ts'
import { auditEventTypes } from '../protocol/audit-events.ts'
import { OAuthError } from '../protocol/errors.ts'
import { systemTenant } from '../storage/storage.ts'
import { type AdminCall, answerAdmin, forTenant, insufficient, type TenantCall } from './access.ts'
import { getOnce, renderDamaged } from './list-page.ts'
import { adminShared, Damaged, OrNull, readErrors } from './openapi-details.ts'

/** `/api/v1/admin/tenants/{tenant}/audit`, and `/api/v1/admin/audit` for events that belong to no tenant. */
export const adminAudit = (deps: Deps) =>
  new Elysia()
    .get('/api/v1/admin/audit', ({ request }) => answerAdmin(request, deps, readSystem), {
      detail: systemDetail,
    })
    .get('/api/v1/admin/tenants/:tenant/audit', forTenant(deps, readTenant), { detail: tenantDetail })

const AuditResponse = Type.Object(
  {
    items: Type.Array(AuditEntry),
    next_after: OrNull(Type.Integer(), 'What to give as `after` for the next page; null on the last one'),
    damaged: Type.Optional(Damaged),
  },
  { title: 'AuditResponse' },
)

const largestPage = 1000
/** The largest number that an event can have. */
const mostEvents = 999_999_999_999_999
const usualPage = 100

async function readSystem(call: AdminCall): Promise<Response> {
  if (!call.isSuper) throw insufficient(onlyAdminTenant)
  return read(systemTenant, call)
}

const onlyAdminTenant = 'Only the admin tenant reads what belongs to no tenant'

function readTenant(call: TenantCall): Promise<Response> {
  return read(call.tenant.id, call)
}

async function read(tenantId: string, { request, deps }: AdminCall): Promise<Response> {
  const query = new URL(request.url).searchParams
  const after = parseNumber('after', query, { byDefault: 0, least: 0, most: mostEvents })
  const limit = parseNumber('limit', query, { byDefault: usualPage, least: 1, most: largestPage })
  const types = query.getAll('type')
  const known: readonly string[] = auditEventTypes
  if (!types.every((type) => known.includes(type))) {
    throw new OAuthError('invalid_request', 'type is not a type of event')
  }
  const page = await deps.auditTrails.read(tenantId, { after, limit, ...(types.length > 0 && { types }) })
  const wantsLines = request.headers.get('accept')?.includes(linesType) ?? false
  return wantsLines
    ? answerLines(page, { limit, types })
    : json({ items: page.events, next_after: page.next ?? null, ...renderDamaged(page.damaged) })
}

const linesType = 'application/x-ndjson'

/** One event per line. The link to the next page and the number of damaged rows are headers, because every line is an event. */
function answerLines(
  { events, next, damaged }: AuditPage,
  { limit, types }: { limit: number; types: readonly string[] },
): Response {
  const following = new URLSearchParams([
    ['after', String(next)],
    ['limit', String(limit)],
    ...types.map((type) => ['type', type]),
  ])
  // Relative to the URL of the request, because a proxy may have removed a part of the path.
  const link = `<?${following}>; rel="next"`
  return new Response(events.map((event) => `${JSON.stringify(event)}\n`).join(''), {
    headers: {
      'Content-Type': linesType,
      ...noStore,
      ...(next !== undefined && { Link: link }),
      ...damagedHeader(damaged),
    },
  })
}

function damagedHeader(damaged: readonly string[]): Record<string, string> {
  return damaged.length > 0 ? { 'Grantd-Damaged-Rows': String(damaged.length) } : {}
}

interface NumberRule {
  readonly byDefault: number
  readonly least: number
  readonly most: number
}

function parseNumber(name: string, query: URLSearchParams, { byDefault, least, most }: NumberRule): number {
  const text = getOnce(query, name)
  if (text === undefined) return byDefault
  const number = /^\d{1,15}$/.test(text) ? Number(text) : -1
  if (number >= least && number <= most) return number
  throw new OAuthError('invalid_request', `${name} must be a whole number from ${least} to ${most}`)
}

const shared = {
  ...adminShared,
  responses: {
    200: {
      ...answer('The events, the oldest first', AuditResponse, {
        items: [
          {
            number: 7,
            time: '2030-01-01T00:00:00.000Z',
            tenant: 'acme',
            type: 'client.created',
            outcome: 'success',
            actor: 'manager',
            client: 'billing',
            request_id: '18fa302255448cef517c1eba4f59f4b8',
            prev_expires: 1_901_232_000_000,
            prev_hash: '0'.repeat(64),
          },
        ],
        next_after: null,
      }),
    },
    400: refusal(
      'The query is malformed',
      ['invalid_request', 'limit must be a whole number from 1 to 1000'],
      ['invalid_request', 'type is not a type of event'],
    ),
    ...readErrors,
  },
}

const queryParameters = [
  {
    name: 'after',
    in: 'query',
    description: 'Events after this number',
    schema: { type: 'integer', minimum: 0, default: 0 },
  },
  {
    name: 'limit',
    in: 'query',
    description: 'Events of a page',
    schema: { type: 'integer', minimum: 1, maximum: largestPage, default: usualPage },
  },
  {
    name: 'type',
    in: 'query',
    description: 'Events of this type alone; may be repeated. A page may then be short and not the last.',
    schema: plainSchema(Type.Array(Type.Union(auditEventTypes.map((type) => Type.Literal(type))))),
  },
] as const

const description = [
  'What was done, by whom and from where. With `Accept: application/x-ndjson` one event a line, and the next page in the Link',
  'header; `Grantd-Damaged-Rows` counts the rows of the page that cannot be read. An event is there a moment after the answer that\nit is about.',
].join('\n')

const tenantDetail = {
  ...shared,
  operationId: 'readAudit',
  summary: 'Read the audit trail of a tenant',
  description,
  parameters: [tenantParameter, ...queryParameters],
}

const systemDetail = {
  ...shared,
  responses: {
    ...shared.responses,
    403: refusal(
      'The token is good and does not do for this',
      ['insufficient_scope', 'The access token does not have the scope grantd:admin'],
      ['insufficient_scope', 'An API key cannot manage this server'],
      ['insufficient_scope', onlyAdminTenant],
    ),
  },
  operationId: 'readSystemAudit',
  summary: 'Read the audit trail of what belongs to no tenant',
  description: `${description}\nOnly the tenant that \`admin.tenant\` names may.`,
  parameters: [...queryParameters],
}
