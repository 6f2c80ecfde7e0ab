import { OAuthError } from '../protocol/errors.ts'
import { tenantIdPattern } from '../protocol/names.ts'
import { normalIssuer } from '../protocol/url/uri.ts'
import { lost, untilWritten } from '../storage/compare-and-swap.ts'
import {
  type DamagedRow,
  isDamaged,
  type Storage,
  type StoredRecord,
  systemTenant,
} from '../storage/storage.ts'
import { UniqueIndex } from '../storage/unique-index.ts'
import {
  buildStoredTenant,
  defaultIssuer,
  type StoredTenant,
  settingsOf,
  storedTenant,
  type Tenant,
} from './tenant.ts'
import type { TenantRegistry } from './tenant-registry.ts'
import { issuers as issuerKind, tenants as tenantKind } from './tenant-row.ts'
import { issuerTaken, patchTenantSettings } from './tenant-settings.ts'

export interface StoredTenantsDeps {
  readonly storage: Storage
  readonly tenants: TenantRegistry
  /** The base of default issuers. */
  readonly publicUrl: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export type TenantRow = StoredRecord<StoredTenant>

/** Throws `precondition_failed` when the row is not the version that the caller has read. */
export type CheckCurrentTenant = (row: TenantRow) => void

type Patch = Readonly<Record<string, unknown>>

/** A tenant to create, with checked settings. */
export interface NewTenant {
  readonly id: string
  readonly value: StoredTenant
}

/**
 * Checks a tenant before it is created. Throws `invalid_request`, and `conflict` for an id or an issuer that is taken. Creation checks
 * the conflicts again.
 */
export async function planStoredTenant(
  { id, patch }: { id: string; patch: Patch },
  deps: StoredTenantsDeps,
): Promise<NewTenant> {
  if (!tenantIdPattern.test(id)) {
    throw new OAuthError(
      'invalid_request',
      'The field id must be 1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first',
    )
  }
  checkNotConfigured(id, deps)
  const settings = patchTenantSettings({}, patch, { id, publicUrl: deps.publicUrl })
  const value = storedTenant(settings, deps.now())
  if (await tenantsOf(deps.storage).find(id)) throw idTaken()
  checkIssuerFree(id, value.issuer, deps)
  if (await issuersOf(deps.storage).isAnyTaken(spellingsOf(value.issuer))) throw issuerTaken()
  return { id, value }
}

/**
 * Writes the row of a tenant and claims its issuer. In the same transaction, management/ deletes the rows of an earlier tenant of this id.
 * Throws `conflict` for an id or an issuer that is taken.
 */
export async function createStoredTenant(
  { id, value }: NewTenant,
  deps: Omit<StoredTenantsDeps, 'now'>,
): Promise<TenantRow> {
  if (!(await tenantsOf(deps.storage).create({ id, value }))) throw idTaken()
  checkIssuerFree(id, value.issuer, deps)
  if (!(await issuersOf(deps.storage).claim(id, spellingsOf(value.issuer)))) throw issuerTaken()
  return { id, value, version: 1, expiresAt: null, usedAt: null, parent: null }
}

function idTaken(): OAuthError {
  return new OAuthError('conflict', 'A tenant of this id exists already')
}

/** Returns the stored tenant of this id. Throws `tenant_not_found`, and `conflict` for a tenant of config.yaml. */
export async function getStoredTenant(
  id: string,
  deps: Pick<StoredTenantsDeps, 'storage' | 'tenants'>,
): Promise<TenantRow> {
  checkNotConfigured(id, deps)
  const row = await tenantsOf(deps.storage).find(id)
  if (!row) throw new OAuthError('tenant_not_found', 'Tenant not found')
  return row
}

function checkNotConfigured(id: string, { tenants }: Pick<StoredTenantsDeps, 'tenants'>): void {
  if (!tenants.findConfigured(id)) return
  throw new OAuthError('conflict', 'The tenant is defined in config.yaml and read-only here')
}

/**
 * Changes a tenant by a merge patch. `transaction` runs the change, and may add other writes to it; default: the transaction of the
 * storage. Throws `invalid_request`, `tenant_not_found`, `conflict`, and the errors of `checkCurrent`.
 */
export async function changeStoredTenant(
  { id, patch, checkCurrent }: { id: string; patch: Patch; checkCurrent: CheckCurrentTenant },
  deps: StoredTenantsDeps & { readonly transaction?: Storage['transaction'] },
): Promise<TenantRow> {
  const transaction: Storage['transaction'] = deps.transaction ?? ((work) => deps.storage.transaction(work))
  return untilWritten(async () => {
    const row = await getStoredTenant(id, deps)
    checkCurrent(row)
    const { publicUrl } = deps
    const settings = patchTenantSettings(settingsOf(row.value), patch, { id, publicUrl })
    const value = storedTenant(settings, row.value.created_at)
    const isWritten = await transaction((inside) => writeChange(row, value, { ...deps, storage: inside }))
    return isWritten ? { ...row, value, version: row.version + 1 } : lost
  })
}

/** Returns false when the row has changed since it was read. */
async function writeChange(row: TenantRow, value: StoredTenant, deps: StoredTenantsDeps): Promise<boolean> {
  if (!(await tenantsOf(deps.storage).replace(row.id, value, { ifVersion: row.version }))) return false
  if (row.value.issuer === value.issuer) return true
  checkIssuerFree(row.id, value.issuer, deps)
  const keys = { from: spellingsOf(row.value.issuer), to: spellingsOf(value.issuer) }
  if (!(await issuersOf(deps.storage).move(row.id, keys))) throw issuerTaken()
  return true
}

/** The keys that no other tenant may claim: the issuer as it is in tokens, and its normal form. */
function spellingsOf(issuer: StoredTenant['issuer']): string[] {
  return issuer === undefined || issuer === null ? [] : [...new Set([issuer, normalIssuer(issuer)])]
}

type IssuerDeps = Omit<StoredTenantsDeps, 'now'>

/** Throws `conflict` when a tenant of config.yaml has the issuer. */
function checkIssuerFree(
  id: string,
  issuer: StoredTenant['issuer'],
  { tenants, publicUrl }: IssuerDeps,
): void {
  if (tenants.isIssuerConfigured(issuer ?? defaultIssuer(id, publicUrl), id)) throw issuerTaken()
}

/**
 * Deletes the row of an inactive tenant and frees its issuer. In the same transaction, management/ deletes the other rows of the tenant.
 * Throws `tenant_not_found`, `conflict`, and the errors of `checkCurrent`.
 */
export async function deleteStoredTenant(
  { id, checkCurrent }: { id: string; checkCurrent: CheckCurrentTenant },
  deps: Pick<StoredTenantsDeps, 'storage' | 'tenants'>,
): Promise<void> {
  const row = await untilWritten(async () => {
    const found = await getStoredTenant(id, deps)
    checkDeletable(found, checkCurrent)
    const isDeleted = await tenantsOf(deps.storage).delete(id, { ifVersion: found.version })
    return isDeleted ? found : lost
  })
  await issuersOf(deps.storage).release(id, spellingsOf(row.value.issuer))
}

/** Throws `conflict` for an active tenant, and the errors of `checkCurrent`. */
export function checkDeletable(row: TenantRow, checkCurrent: CheckCurrentTenant): void {
  checkCurrent(row)
  if (!row.value.active) return
  throw new OAuthError('conflict', 'The tenant is active; make it inactive before it is deleted')
}

/** A tenant of config.yaml or of the storage. */
export interface ListedTenant {
  readonly tenant: Tenant
  /** Undefined for one of config.yaml. */
  readonly row: TenantRow | undefined
}

/** Returns active and inactive tenants of config.yaml and of the storage, in the order of their ids. A damaged row is in its place. */
export async function listTenants(
  { after, limit }: { after: string; limit: number },
  { storage, tenants, publicUrl }: Omit<StoredTenantsDeps, 'now'>,
): Promise<(ListedTenant | DamagedRow)[]> {
  const rows = await tenantsOf(storage).list({ after, limit })
  const configured = tenants.configured.filter(({ id }) => id > after)
  const stored = rows.filter(({ id }) => !tenants.findConfigured(id))
  return [
    ...configured.map((tenant): ListedTenant => ({ tenant, row: undefined })),
    ...stored.map((row) =>
      isDamaged(row) ? row : { tenant: buildStoredTenant(row.id, row.value, publicUrl), row },
    ),
  ]
    .sort((a, b) => (tenantIdOf(a) < tenantIdOf(b) ? -1 : 1))
    .slice(0, limit)
}

export function tenantIdOf(listed: ListedTenant | DamagedRow): string {
  return 'damage' in listed ? listed.id : listed.tenant.id
}

/** Returns the tenant of this id, active or not, or undefined. Throws StorageError. */
export async function findTenant(
  id: string,
  { storage, tenants, publicUrl }: Omit<StoredTenantsDeps, 'now'>,
): Promise<ListedTenant | undefined> {
  const configured = tenants.findConfigured(id)
  if (configured) return { tenant: configured, row: undefined }
  const row = tenantIdPattern.test(id) ? await tenantsOf(storage).find(id) : undefined
  return row && { tenant: buildStoredTenant(id, row.value, publicUrl), row }
}

function tenantsOf(storage: Storage) {
  return storage.of(systemTenant).of(tenantKind)
}

function issuersOf(storage: Storage): UniqueIndex {
  return new UniqueIndex(storage.of(systemTenant), issuerKind)
}
