import type { Hashing } from '../platform/hashing.ts'
import { isPublic, usesSecrets } from '../protocol/client-authentication.ts'
import { OAuthError } from '../protocol/errors.ts'
import { lost, untilWritten, writeOver } from '../storage/compare-and-swap.ts'
import type { Records, Storage, StoredRecord } from '../storage/storage.ts'
import { lockTenant } from '../tenants/lock-tenant.ts'
import type { StoredClient } from './client.ts'
import type { TenantClients } from './client-registry.ts'
import { clients as clientKind, secretUses } from './client-row.ts'
import {
  changeClientSettings,
  createClientSettings,
  type SettingsPatch,
  type TenantScopes,
} from './client-settings.ts'
import { makeSecret } from './made-secret.ts'

export interface StoredClientsDeps {
  readonly storage: Storage
  readonly hashing: Hashing
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
}

/** The tenant whose clients are made, changed or deleted. */
export interface ClientOwner {
  readonly tenant: TenantScopes & { readonly id: string; readonly configured: boolean }
  readonly clients: Pick<TenantClients, 'findConfigured'>
}

export type ClientRow = StoredRecord<StoredClient>

/** Throws `precondition_failed` when the row is not the one that the caller has seen. */
export type CheckCurrent = (row: ClientRow) => void

/** A new client. A public client and one that authenticates with keys have no secret. */
export interface NewClient {
  readonly row: ClientRow
  readonly secretId: string | undefined
  /** The secret is shown only now. */
  readonly secret: string | undefined
}

/** A new secret, which is shown only now. */
export interface NewSecret {
  readonly row: ClientRow
  readonly secretId: string
  readonly secret: string
}

/**
 * Makes a client with one secret, or without a secret if the client authenticates with keys. In the same transaction, management/ revokes
 * the tokens and keys of an earlier client of this id. Throws `invalid_request`, `conflict` for an id that is taken, and `tenant_not_found`
 * for a stored tenant that was deleted meanwhile.
 */
export async function createStoredClient(
  { id, patch }: { id: string; patch: SettingsPatch },
  owner: ClientOwner,
  deps: StoredClientsDeps,
): Promise<NewClient> {
  const settings = checkNewClient({ id, patch }, owner)
  const made = usesSecrets(settings.token_endpoint_auth_method) ? makeSecret(undefined, deps) : undefined
  const value = { ...settings, created_at: deps.now(), secrets: made ? [made.stored] : [] }
  const row = await writeNewClient({ id, value }, owner, deps)
  return { row, secret: made?.secret, secretId: made?.stored.id }
}

type Settings = ReturnType<typeof createClientSettings>

/** Returns the settings of a client that may be made. Throws `invalid_request`, and `conflict` for one of config.yaml. */
export function checkNewClient(
  { id, patch }: { id: string; patch: SettingsPatch },
  { tenant, clients }: ClientOwner,
): Settings {
  checkClientId(id)
  checkNotConfigured(id, clients)
  return createClientSettings(id, patch, tenant)
}

/** Writes a client that is checked. Throws `conflict` for an id that is taken, and `tenant_not_found`. */
export async function writeNewClient(
  { id, value }: { readonly id: string; readonly value: StoredClient },
  { tenant }: ClientOwner,
  deps: StoredClientsDeps,
): Promise<ClientRow> {
  await lockTenant(tenant, deps.storage, deps.now())
  if (!(await recordsOf(deps.storage, tenant.id).create({ id, value }))) {
    throw new OAuthError('conflict', 'A client of this id exists already')
  }
  await forgetUses(deps.storage, tenant.id, id)
  return { id, value, version: 1, expiresAt: null, usedAt: null, parent: null }
}

/** A path cannot have `.` and `..` as an id, because every reader of a URL resolves them. */
function checkClientId(id: string): void {
  if (/^[\x20-\x7e]{1,256}$/.test(id) && id !== '.' && id !== '..') return
  throw new OAuthError('invalid_request', 'The field client_id must be 1 to 256 printable ASCII characters')
}

/** Returns the stored client of this id. Throws `not_found`, and `conflict` for one of config.yaml. */
export async function getStoredClient(
  id: string,
  { tenant, clients }: ClientOwner,
  storage: Storage,
): Promise<ClientRow> {
  checkNotConfigured(id, clients)
  const row = await recordsOf(storage, tenant.id).find(id)
  if (!row) throw new OAuthError('not_found', 'Client not found')
  return row
}

function checkNotConfigured(id: string, clients: ClientOwner['clients']): void {
  if (!clients.findConfigured(id)) return
  throw new OAuthError('conflict', 'The client is defined in config.yaml and read-only here')
}

interface ChangeOptions {
  readonly id: string
  readonly checkCurrent: CheckCurrent
  readonly change: (client: StoredClient) => StoredClient
}

/** Applies `change` to the current row, completely or not at all. */
function changeRow(
  { id, checkCurrent, change }: ChangeOptions,
  owner: ClientOwner,
  storage: Storage,
): Promise<ClientRow> {
  const changeOnce = async (inside: Storage) => {
    const row = await getStoredClient(id, owner, inside)
    checkCurrent(row)
    const value = change(row.value)
    if (!(await writeOver(recordsOf(inside, owner.tenant.id), row, { id, value }))) return lost
    await forgetDropped(inside, owner.tenant.id, { id, before: row.value, after: value })
    return { ...row, value, version: row.version + 1 }
  }
  return storage.transaction((inside) => untilWritten(() => changeOnce(inside)))
}

/** Deletes the last use of each removed secret, because a later secret of the same id must not seem used. */
async function forgetDropped(
  storage: Storage,
  tenantId: string,
  { id, before, after }: { id: string; before: StoredClient; after: StoredClient },
): Promise<void> {
  const kept = new Set(after.secrets.map((secret) => secret.id))
  const dropped = before.secrets.filter((secret) => !kept.has(secret.id))
  const uses = storage.of(tenantId).of(secretUses)
  for (const secret of dropped) await uses.delete(secretUseId(id, secret.id))
}

/** Throws `invalid_request`, `not_found`, `conflict`, and what `checkCurrent` throws. */
export function changeStoredClient(
  { id, patch, checkCurrent }: { id: string; patch: SettingsPatch; checkCurrent: CheckCurrent },
  owner: ClientOwner,
  storage: Storage,
): Promise<ClientRow> {
  const change = (client: StoredClient) => changeClientSettings({ id, client }, patch, owner.tenant)
  return changeRow({ id, checkCurrent, change }, owner, storage)
}

/**
 * Deletes only the row of the client. In the same transaction, management/ revokes its tokens and API keys. Throws `not_found`,
 * `conflict`, and what `checkCurrent` throws.
 */
export async function deleteStoredClient(
  { id, checkCurrent }: { id: string; checkCurrent: CheckCurrent },
  owner: ClientOwner,
  inside: Storage,
): Promise<void> {
  await untilWritten(async () => {
    const row = await getStoredClient(id, owner, inside)
    checkCurrent(row)
    return (await recordsOf(inside, owner.tenant.id).delete(id, { ifVersion: row.version })) || lost
  })
  await forgetUses(inside, owner.tenant.id, id)
}

async function forgetUses(storage: Storage, tenantId: string, clientId: string): Promise<void> {
  const uses = storage.of(tenantId).of(secretUses)
  for (;;) {
    const rows = await uses.list({ parent: clientId, limit: 100 })
    for (const { id } of rows) await uses.delete(id)
    if (rows.length < 100) return
  }
}

/** The most secrets that a client can have. */
const mostSecrets = 10

export interface AddSecretOptions {
  readonly id: string
  /** Undefined: a random one. */
  readonly secretId: string | undefined
  /** Milliseconds since the epoch; null: never. */
  readonly expiresAt: number | null
  /** Milliseconds after which the existing secrets end at the latest; null: they stay as they are. */
  readonly oldEndIn: number | null
  readonly checkCurrent: CheckCurrent
}

/**
 * Makes one more secret, sets the end of the others, and drops secrets that have ended. Throws `invalid_request`,
 * `not_found`, `conflict`, and what `checkCurrent` throws.
 */
export async function addSecret(
  { id, secretId, expiresAt, oldEndIn, checkCurrent }: AddSecretOptions,
  owner: ClientOwner,
  deps: StoredClientsDeps,
): Promise<NewSecret> {
  const now = deps.now()
  if (expiresAt !== null && expiresAt <= now) {
    throw new OAuthError('invalid_request', 'The field expires_at must be in the future')
  }
  const made = makeSecret(secretId, deps)
  const stored = { ...made.stored, expires_at: expiresAt }
  const end = oldEndIn === null ? Number.POSITIVE_INFINITY : now + oldEndIn
  const change = (client: StoredClient) => {
    checkHasSecrets(client)
    const old = client.secrets
      .map((each) => ({ ...each, expires_at: earliest(each.expires_at, end) }))
      .filter(({ expires_at }) => expires_at === null || expires_at > now)
    if (client.secrets.some((each) => each.id === stored.id)) throw secretExists()
    if (old.length >= mostSecrets) throw tooManySecrets()
    return { ...client, secrets: [...old, stored] }
  }
  const row = await changeRow({ id, checkCurrent, change }, owner, deps.storage)
  return { row, secret: made.secret, secretId: stored.id }
}

function checkHasSecrets({ token_endpoint_auth_method }: StoredClient): void {
  if (usesSecrets(token_endpoint_auth_method)) return
  if (isPublic(token_endpoint_auth_method)) {
    throw new OAuthError(
      'conflict',
      'The client is public and has no secrets; change its token_endpoint_auth_method first',
    )
  }
  throw new OAuthError(
    'conflict',
    'The client proves itself with private_key_jwt and has no secrets; change its jwks',
  )
}

function earliest(expiresAt: number | null, end: number): number | null {
  const time = Math.min(expiresAt ?? Number.POSITIVE_INFINITY, end)
  return Number.isFinite(time) ? time : null
}

function secretExists(): OAuthError {
  return new OAuthError('conflict', 'A secret of this id exists already')
}

function tooManySecrets(): OAuthError {
  return new OAuthError('conflict', 'The client has as many secrets as it can have; remove one')
}

/** Ends a secret at once. Throws `not_found`, `conflict`, and what `checkCurrent` throws. */
export function removeSecret(
  { id, secretId, checkCurrent }: { id: string; secretId: string; checkCurrent: CheckCurrent },
  owner: ClientOwner,
  storage: Storage,
): Promise<ClientRow> {
  const change = (client: StoredClient) => {
    checkHasSecrets(client)
    const secrets = client.secrets.filter((secret) => secret.id !== secretId)
    if (secrets.length === client.secrets.length) throw new OAuthError('not_found', 'Secret not found')
    return { ...client, secrets }
  }
  return changeRow({ id, checkCurrent, change }, owner, storage)
}

/** Returns the id of the row with the last use of a secret. */
export function secretUseId(clientId: string, secretId: string): string {
  return JSON.stringify([clientId, secretId])
}

/** Whether the secret of such a row is still one of its client. Throws StorageError. */
export async function hasUsedSecret(clients: Pick<TenantClients, 'find'>, useId: string): Promise<boolean> {
  const [clientId, secretId]: [string, string] = JSON.parse(useId)
  const client = await clients.find(clientId)
  return client?.secrets.some(({ id }) => id === secretId) ?? false
}

function recordsOf(storage: Storage, tenantId: string): Records<StoredClient> {
  return storage.of(tenantId).of(clientKind)
}
