import { base64url } from '../protocol/base64url.ts'
import { OAuthError } from '../protocol/errors.ts'
import { parsePasswordHash } from '../protocol/password/password-hash.ts'
import { normalEmail } from '../protocol/people/username.ts'
import { lost, untilWritten } from '../storage/compare-and-swap.ts'
import type { Records, Storage } from '../storage/storage.ts'
import { UniqueIndex } from '../storage/unique-index.ts'
import { lockTenant } from '../tenants/lock-tenant.ts'
import { noteCost } from './password-costs.ts'
import type { TenantPeople } from './people.ts'
import { type CheckedSettings, type PersonPatch, patchPerson } from './person-settings.ts'
import type { StoredUser, UserRow } from './stored-person.ts'
import { userEmails, users } from './user-row.ts'

/** The tenant whose people are made, changed or deleted. */
export interface PeopleOwner {
  readonly tenant: { readonly id: string; readonly configured: boolean }
  readonly people: Pick<TenantPeople, 'configured'>
}

/** Throws `precondition_failed` when the row is not the one that the caller has seen. */
export type CheckCurrentUser = (row: UserRow) => void

export interface NewPerson {
  /** Undefined: a random one. */
  readonly sub?: string | undefined
  readonly patch: PersonPatch
  /** A hash that was made elsewhere; undefined: no password yet. */
  readonly passwordHash?: string | undefined
}

interface CreateDeps {
  /** That of a transaction. */
  readonly storage: Storage
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/**
 * Makes a person. Call it in a transaction. Throws `invalid_request`, `conflict` for a sub or an e-mail address that is taken, and
 * `tenant_not_found` for a stored tenant that was deleted meanwhile.
 */
export async function createStoredPerson(
  { sub = undefined, patch, passwordHash }: NewPerson,
  { tenant, people }: PeopleOwner,
  { storage, now, randomBytes }: CreateDeps,
): Promise<UserRow> {
  const id = sub ?? base64url(randomBytes(16))
  const settings = checkNewPerson({ sub: id, patch, passwordHash })
  if (people.configured.find(id)) throw taken('sub', true)
  const value = makeUser(settings, { password_hash: passwordHash ?? null, now: now() })
  await lockTenant(tenant, storage, now())
  if (!(await usersOf(storage, tenant.id).create({ id, value }))) throw taken('sub', false)
  await claimEmail(id, { email: settings.email, from: [] }, { tenant, people, storage })
  if (passwordHash !== undefined) await noteCost(storage, tenant.id, passwordHash)
  return { id, value, version: 1, expiresAt: null, usedAt: null, parent: null }
}

/** Returns the settings of a person who may be made. Throws `invalid_request`. */
export function checkNewPerson({ sub, patch, passwordHash }: NewPerson): CheckedSettings {
  const settings = patchPerson({}, patch)
  if (sub !== undefined) checkSub(sub)
  checkHash(passwordHash)
  return settings
}

function makeUser(
  settings: CheckedSettings,
  { now, password_hash }: { readonly now: number; readonly password_hash: string | null },
): StoredUser {
  return { ...settings, password_hash, link: null, created_at: now, updated_at: now }
}

function checkSub(sub: string): void {
  if (/^[\x21-\x7e]{1,255}$/.test(sub) && sub !== '.' && sub !== '..') return
  throw new OAuthError(
    'invalid_request',
    'The field sub must be 1 to 255 printable ASCII characters without space',
  )
}

function checkHash(text: string | undefined): void {
  if (text === undefined) return
  const kind = parsePasswordHash(text)?.kind
  if (kind !== undefined && kind !== 'sha256') return
  throw new OAuthError(
    'invalid_request',
    'The field password_hash must be a whole argon2id, bcrypt or PBKDF2 hash',
  )
}

function taken(what: 'sub' | 'e-mail address', isConfigured: boolean): OAuthError {
  const where = isConfigured ? 'in config.yaml' : 'already'
  return new OAuthError('conflict', `A person with this ${what} exists ${where}`)
}

/** Gives the address to the person. A person of config.yaml with this address would win, so it is refused. Throws `conflict`. */
async function claimEmail(
  sub: string,
  { email, from }: { readonly email: string; readonly from: readonly string[] },
  { tenant, people, storage }: PeopleOwner & { readonly storage: Storage },
): Promise<void> {
  const key = normalEmail(email)
  if (from.includes(key)) return
  if (people.configured.findByUsername(key)) throw taken('e-mail address', true)
  const index = new UniqueIndex(storage.of(tenant.id), userEmails)
  if (!(await index.move(sub, { from, to: [key] }))) throw taken('e-mail address', false)
}

/** Returns the stored person of this sub. Throws `not_found`, and `conflict` for one of config.yaml. */
export async function getStoredPerson(
  sub: string,
  { tenant, people }: PeopleOwner,
  storage: Storage,
): Promise<UserRow> {
  if (people.configured.find(sub))
    throw new OAuthError('conflict', 'The person is defined in config.yaml and read-only here')
  const row = await usersOf(storage, tenant.id).find(sub)
  if (!row) throw new OAuthError('not_found', 'User not found')
  return row
}

interface WriteOptions {
  readonly sub: string
  readonly checkCurrent: CheckCurrentUser
  readonly change: (user: StoredUser) => StoredUser
}

/**
 * Writes a change of a row, completely or not at all. Call it in a transaction. Throws `not_found`, `conflict`, and what `checkCurrent`
 * throws.
 */
export async function updateStoredPerson(
  { sub, checkCurrent, change }: WriteOptions,
  owner: PeopleOwner,
  inside: Storage,
): Promise<ChangedPerson> {
  return untilWritten(async () => {
    const row = await getStoredPerson(sub, owner, inside)
    checkCurrent(row)
    const value = change(row.value)
    const isWritten = await usersOf(inside, owner.tenant.id).replace(sub, value, { ifVersion: row.version })
    return isWritten ? { before: row.value, row: { ...row, value, version: row.version + 1 } } : lost
  })
}

export interface ChangedPerson {
  readonly before: StoredUser
  readonly row: UserRow
}

/**
 * Changes settings of a person. A new e-mail address ends an open link, which was sent to the old one. Call it in a transaction. Throws
 * `invalid_request`, `not_found`, `conflict`, and what `checkCurrent` throws.
 */
export async function changeStoredPerson(
  { sub, patch, checkCurrent }: { sub: string; patch: PersonPatch; checkCurrent: CheckCurrentUser },
  owner: PeopleOwner,
  { storage, now }: Pick<CreateDeps, 'storage' | 'now'>,
): Promise<ChangedPerson> {
  const change = (user: StoredUser): StoredUser => {
    const { password_hash, link, created_at, updated_at: _, ...current } = user
    const settings = patchPerson(current, patch)
    const kept = settings.email === current.email ? link : null
    return { ...settings, password_hash, link: kept, created_at, updated_at: now() }
  }
  const changed = await updateStoredPerson({ sub, checkCurrent, change }, owner, storage)
  const from = keysOf(changed.before)
  const { email } = changed.row.value
  if (typeof email === 'string') await claimEmail(sub, { email, from }, { ...owner, storage })
  return changed
}

/**
 * Deletes the row of a person and frees the address. Call it in a transaction. Throws `not_found`, `conflict`, and what `checkCurrent`
 * throws.
 */
export async function deleteStoredPerson(
  { sub, checkCurrent }: { sub: string; checkCurrent: CheckCurrentUser },
  owner: PeopleOwner,
  inside: Storage,
): Promise<void> {
  const row = await untilWritten(async () => {
    const found = await getStoredPerson(sub, owner, inside)
    checkCurrent(found)
    const isDeleted = await usersOf(inside, owner.tenant.id).delete(sub, { ifVersion: found.version })
    return isDeleted ? found : lost
  })
  await new UniqueIndex(inside.of(owner.tenant.id), userEmails).release(sub, keysOf(row.value))
}

function keysOf({ email }: StoredUser): string[] {
  return typeof email === 'string' ? [normalEmail(email)] : []
}

function usersOf(storage: Storage, tenantId: string): Records<StoredUser> {
  return storage.of(tenantId).of(users)
}
