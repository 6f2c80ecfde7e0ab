import { lost, untilWritten, writeOver } from '../storage/compare-and-swap.ts'
import { findEach, type Records, type Storage, systemTenant } from '../storage/storage.ts'
import { revocations } from './revocation-row.ts'

type Revocations = Records<Revocation>

const ids = {
  token: (jti: string) => `token:${jti}`,
  client: (clientId: string) => `client:${clientId}`,
  tenant: 'tenant',
} as const

export interface RevocableToken {
  readonly jti: string
  readonly client_id: string
  /** Default false. */
  readonly isApiKey?: boolean
}

/** What was revoked, and up to which time of issue (seconds since the epoch). */
export interface Revoked {
  readonly by: 'token' | 'client' | 'tenant'
  readonly before: number
}

/**
 * Returns a function that takes a time of issue (seconds since the epoch) and returns what was revoked: the token, all tokens of its client
 * or all tokens of the tenant; undefined: nothing of them. Throws StorageError.
 */
export async function findRevocation(
  storage: Storage,
  tenantId: string,
  { jti, client_id, isApiKey = false }: RevocableToken,
): Promise<(iat: number) => Revoked | undefined> {
  const one = ids.token(jti)
  const found = await of(storage, tenantId).findMany([one, ids.client(client_id), ids.tenant])
  const upTo = (value: Revocation) => (isApiKey ? ofApiKeys(value) : value.before)
  return (iat) => {
    const row = found.find(({ id, value }) => id === one || iat <= upTo(value))
    if (!row) return undefined
    const by = row.id === one ? 'token' : row.id === ids.tenant ? 'tenant' : 'client'
    return { by, before: upTo(row.value) }
  }
}

type Revocation = (typeof revocations.schema)['static']

/** The time (seconds) up to which API keys are revoked. */
function ofApiKeys({ before, api_keys_before }: Revocation): number {
  return api_keys_before ?? before
}

/**
 * Returns a function that returns the time (seconds) up to which all tokens of a client were revoked; -1: never. A damaged row counts as
 * revoked for good. Throws StorageError.
 */
export function findClientRevocations(
  storage: Storage,
  tenantId: string,
  clientIds: readonly string[],
): Promise<(clientId: string) => number> {
  return findTimes(storage, tenantId, { clientIds, timeOf: ({ before }) => before })
}

/** Like {@link findClientRevocations}, for the API keys of a client. */
export function findApiKeyRevocations(
  storage: Storage,
  tenantId: string,
  clientIds: readonly string[],
): Promise<(clientId: string) => number> {
  return findTimes(storage, tenantId, { clientIds, timeOf: ofApiKeys })
}

async function findTimes(
  storage: Storage,
  tenantId: string,
  {
    clientIds,
    timeOf,
  }: { readonly clientIds: readonly string[]; readonly timeOf: (value: Revocation) => number },
): Promise<(clientId: string) => number> {
  const wanted = [...new Set(clientIds)].map(ids.client)
  const { found, damaged } = await findEach(of(storage, tenantId), [...wanted, ids.tenant])
  const times = new Map(found.map(({ id, value }) => [id, timeOf(value)]))
  for (const id of damaged) times.set(id, Number.POSITIVE_INFINITY)
  const ofTenant = times.get(ids.tenant) ?? -1
  return (clientId) => Math.max(ofTenant, times.get(ids.client(clientId)) ?? -1)
}

/** Revokes one token until it expires. A second call changes nothing. Throws StorageError. */
export async function revokeToken(
  storage: Storage,
  tenantId: string,
  { jti, exp, now }: { jti: string; exp: number; now: number },
): Promise<void> {
  const value = { before: Math.floor(now / 1000) }
  await of(storage, tenantId).create({ id: ids.token(jti), value, expiresAt: exp * 1000 })
}

/**
 * Revokes all tokens of a client that were issued at or before `before` (seconds since the epoch, like iat), and all API keys that it
 * made until then, even if they were rotated later. A later time wins over an earlier one. Throws StorageError.
 */
export function revokeTokensOfClient(
  storage: Storage,
  tenantId: string,
  { clientId, before }: { clientId: string; before: number },
): Promise<void> {
  return revokeBefore(of(storage, tenantId), ids.client(clientId), before)
}

/** Like {@link revokeTokensOfClient}, for every token of the tenant; with `keepApiKeys`, for all but the API keys. */
export function revokeTokensOfTenant(
  storage: Storage,
  tenantId: string,
  { before, keepApiKeys = false }: { before: number; keepApiKeys?: boolean },
): Promise<void> {
  return revokeBefore(of(storage, tenantId), ids.tenant, before, keepApiKeys)
}

/**
 * Notes that everything issued at or before `before` (seconds) is over at tenants of which the database knows nothing, as after a restore
 * those that were made after the backup. {@link endBeforeRestore} ends it when such a tenant comes. Throws StorageError.
 */
export function noteRestore(storage: Storage, before: number): Promise<void> {
  return revokeBefore(of(storage, systemTenant), ids.tenant, before)
}

/**
 * Ends the tokens that a tenant issued before the restore of this database, if there was one. Call it before the first check of a token
 * whose key is in no backup. API keys have rows, so those of an unknown tenant are gone. Throws StorageError.
 */
export async function endBeforeRestore(storage: Storage, tenantId: string): Promise<void> {
  const restored = await of(storage, systemTenant).find(ids.tenant)
  if (restored)
    await revokeTokensOfTenant(storage, tenantId, { before: restored.value.before, keepApiKeys: true })
}

/** Whether all tokens of the tenant were ever revoked at once. Throws StorageError. */
export async function isTenantRevoked(storage: Storage, tenantId: string): Promise<boolean> {
  return (await of(storage, tenantId).find(ids.tenant)) !== undefined
}

/** Writes the row. It does not expire, because an API key may have any age and there is only one row for each client. */
function revokeBefore(records: Revocations, id: string, before: number, keepApiKeys = false): Promise<void> {
  return untilWritten(async () => {
    const known = await records.find(id)
    const [knownBefore, knownOfKeys] = known ? [known.value.before, ofApiKeys(known.value)] : [-1, -1]
    const value = {
      before: Math.max(knownBefore, before),
      api_keys_before: keepApiKeys ? knownOfKeys : Math.max(knownOfKeys, before),
    }
    if (known && value.before === knownBefore && value.api_keys_before === knownOfKeys) return
    const isOneTime = value.before === value.api_keys_before
    const written = isOneTime ? { before: value.before } : value
    return (await writeOver(records, known, { id, value: written })) ? undefined : lost
  })
}

function of(storage: Storage, tenantId: string): Revocations {
  return storage.of(tenantId).of(revocations)
}
