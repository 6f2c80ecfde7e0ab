import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { json } from '../../http/answer/json.ts'
import { noStore } from '../../http/answer/no-store.ts'
import { endPersonSession } from '../../management/people/end-person-session.ts'
import { resetPerson } from '../../management/people/reset-person.ts'
import { signOutPerson } from '../../management/people/sign-out-person.ts'
import { OAuthError } from '../../protocol/errors.ts'
import type { Session } from '../../sessions/session.ts'
import { listSessions } from '../../sessions/sessions.ts'
import { actorOf, forTenant, type TenantCall } from '../access.ts'
import { renderMoment } from '../openapi-details.ts'
import { endSessionDetail, listSessionsDetail, resetDetail, signOutDetail } from './user-access-detail.ts'

const base = '/api/v1/admin/tenants/:tenant/users/:user'

/** The password and the sessions of a person: `/api/v1/admin/tenants/{tenant}/users/{user}/...`. */
export const adminUserAccess = (deps: Deps) =>
  new Elysia()
    .post(`${base}/reset`, forTenant(deps, reset), { parse: 'none', detail: resetDetail })
    .post(`${base}/sign-out`, forTenant(deps, signOut), { parse: 'none', detail: signOutDetail })
    .get(`${base}/sessions`, forTenant(deps, list), { detail: listSessionsDetail })
    .delete(`${base}/sessions/:session`, forTenant(deps, endOne), { parse: 'none', detail: endSessionDetail })

interface Ids {
  readonly user: string
}

async function reset(call: TenantCall, { user: sub }: Ids): Promise<Response> {
  const { tenant, deps } = call
  const { url, expiresAt } = await resetPerson({ sub, actor: actorOf(call) }, tenant, deps)
  return json({ link: url, link_expires_at: renderMoment(expiresAt) })
}

async function signOut(call: TenantCall, { user: sub }: Ids): Promise<Response> {
  const { tenant, deps } = call
  await checkExists(sub, call)
  await signOutPerson({ sub, actor: actorOf(call) }, tenant, deps)
  return new Response(null, { status: 204, headers: noStore })
}

/** Throws `not_found`. */
async function checkExists(sub: string, { tenant, deps }: TenantCall): Promise<void> {
  if (!(await deps.people.of(tenant).find(sub))) throw new OAuthError('not_found', 'User not found')
}

/** All of them on one page, because a person has few. */
async function list(call: TenantCall, { user: sub }: Ids): Promise<Response> {
  const { tenant, deps } = call
  await checkExists(sub, call)
  const items = (await listSessions(tenant, sub, deps)).map(renderSession)
  return json({ items, next_cursor: null })
}

function renderSession({ sid, createdAt, lastSeenAt, amr, clients, userAgent }: Session) {
  const times = { created_at: renderMoment(createdAt), last_seen_at: renderMoment(lastSeenAt) }
  return { sid, ...times, amr, clients, user_agent: userAgent }
}

async function endOne(
  call: TenantCall,
  { user: sub, session: sid }: Ids & { readonly session: string },
): Promise<Response> {
  const { tenant, deps } = call
  await endPersonSession({ sub, sid, actor: actorOf(call) }, tenant, deps)
  return new Response(null, { status: 204, headers: noStore })
}
