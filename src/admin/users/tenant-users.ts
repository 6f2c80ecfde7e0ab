import { Elysia } from 'elysia'
import type { Deps } from '../../deps.ts'
import { json } from '../../http/answer/json.ts'
import { noStore } from '../../http/answer/no-store.ts'
import { changePerson } from '../../management/people/change-person.ts'
import { createPerson } from '../../management/people/create-person.ts'
import { deletePerson } from '../../management/people/delete-person.ts'
import { ownerOfPeople } from '../../management/people/person-change.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { isDearHash } from '../../protocol/password/password-hash.ts'
import { normalEmail } from '../../protocol/people/username.ts'
import type { DamagedRow } from '../../storage/storage.ts'
import { findPerson, findPersonByUsername, type ListedPerson, listPeople } from '../../users/listed-people.ts'
import { viewPerson } from '../../users/person-view.ts'
import { getStoredPerson } from '../../users/stored-people.ts'
import { buildStoredPerson, type UserRow } from '../../users/stored-person.ts'
import { actorOf, forTenant, type TenantCall } from '../access.ts'
import { parseIfMatch, renderEtag, requireIfMatch } from '../etag.ts'
import { getOnce, type Page, parsePage, renderPage } from '../list-page.ts'
import { parseMembers, parsePatch } from '../patch-body.ts'
import { createDetail, deleteDetail, getDetail, listDetail, patchDetail } from './users-detail.ts'
import type { UserResponse } from './users-messages.ts'

const base = '/api/v1/admin/tenants/:tenant/users'

/** `/api/v1/admin/tenants/{tenant}/users`. */
export const adminUsers = (deps: Deps) =>
  new Elysia()
    .get(base, forTenant(deps, list), { detail: listDetail })
    .post(base, forTenant(deps, create), { parse: 'none', detail: createDetail })
    .get(`${base}/:user`, forTenant(deps, get), { detail: getDetail })
    .patch(`${base}/:user`, forTenant(deps, change), { parse: 'none', detail: patchDetail })
    .delete(`${base}/:user`, forTenant(deps, remove), { parse: 'none', detail: deleteDetail })

interface Ids {
  readonly user: string
}

async function list(call: TenantCall): Promise<Response> {
  const { request, tenant, deps } = call
  const listed = { tenant: tenant.id, name: 'users' }
  const page = parsePage(request, listed)
  const email = getOnce(new URL(request.url).searchParams, 'email')
  const found = email === undefined ? await readPage(page, call) : await findByEmail(email, call)
  return json(
    renderPage(found, {
      page,
      list: listed,
      idOf: ({ person }) => person.sub,
      render: (each) => viewPerson(each, deps.now()),
    }),
  )
}

function readPage(page: Page, { tenant, deps }: TenantCall): Promise<(ListedPerson | DamagedRow)[]> {
  const owner = { tenant, people: deps.people.of(tenant) }
  return listPeople({ ...page, limit: page.limit + 1 }, owner, deps.storage)
}

/** At most one person, because an address belongs to one. */
async function findByEmail(email: string, { tenant, deps }: TenantCall): Promise<ListedPerson[]> {
  const owner = { tenant, people: deps.people.of(tenant) }
  const found = await findPersonByUsername(email, owner, deps.storage)
  const own = found?.person.email ?? null
  return found && own !== null && normalEmail(own) === normalEmail(email) ? [found] : []
}

async function create(call: TenantCall): Promise<Response> {
  const { request, tenant, deps } = call
  const { sub, password_hash, ...patch } = await parseMembers(request)
  const passwordHash = textOf('password_hash', password_hash)
  if (passwordHash !== undefined) checkQuick(passwordHash)
  const person = { patch, sub: textOf('sub', sub), passwordHash }
  const { row, link } = await createPerson({ person, actor: actorOf(call) }, tenant, deps)
  const body = { ...(link && { link: link.url }), ...render(row, call) }
  return json(body, { status: 201, headers: { ETag: renderEtag(row) } })
}

/** Checks of all tenants share the processor, so the admin of one tenant must not make them long. */
function checkQuick(passwordHash: string): void {
  if (isDearHash(passwordHash))
    throw new OAuthError(
      'invalid_request',
      'The field password_hash takes more than a second to check; only grantd user import takes it',
    )
}

/** Null stands for a member that is left out, as everywhere in the admin API. */
function textOf(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw new OAuthError('invalid_request', `The field ${name} is malformed`)
}

async function get({ tenant, deps }: TenantCall, { user: sub }: Ids): Promise<Response> {
  const found = await findPerson(sub, { tenant, people: deps.people.of(tenant) }, deps.storage)
  if (!found) throw new OAuthError('not_found', 'User not found')
  const etag = found.row && { ETag: renderEtag(found.row) }
  return json(viewPerson(found, deps.now()), { headers: etag })
}

async function change(call: TenantCall, { user: sub }: Ids): Promise<Response> {
  const { request, tenant, deps } = call
  // Comes first: no ETag helps with a person who does not exist, or whom config.yaml defines.
  await getStoredPerson(sub, ownerOfPeople(tenant, deps), deps.storage)
  const checkCurrent = requireIfMatch(request)
  const patch = await parsePatch(request)
  const row = await changePerson({ sub, patch, checkCurrent, actor: actorOf(call) }, tenant, deps)
  return json(render(row, call), { headers: { ETag: renderEtag(row) } })
}

async function remove(call: TenantCall, { user: sub }: Ids): Promise<Response> {
  const { request, tenant, deps } = call
  await deletePerson({ sub, checkCurrent: parseIfMatch(request), actor: actorOf(call) }, tenant, deps)
  return new Response(null, { status: 204, headers: noStore })
}

function render(row: UserRow, { deps }: TenantCall): UserResponse {
  return viewPerson({ person: buildStoredPerson(row), row }, deps.now())
}
