import { OAuthError } from '../protocol/errors.ts'
import { issuers as issuerKind, tenants as tenantKind } from '../storage/records.ts'
import { type Storage, type StoredRecord, systemTenant } from '../storage/storage.ts'
import { type TenantRegistry, tenantIdPattern } from './registry.ts'
import { buildStoredTenant, defaultIssuer, type StoredTenant, type Tenant } from './tenant.ts'
import { issuerTaken, patchTenantSettings, settingsOf, type TenantSettings } from './tenant-settings.ts'

export interface StoredTenantsDeps {
  readonly storage: Storage
  readonly tenants: TenantRegistry
  /** The base of default issuers. */
  readonly publicUrl: string
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export type TenantRow = StoredRecord<StoredTenant>

/** Throws `precondition_failed` for a row that is not the one that the caller has seen. */
export type CheckCurrentTenant = (row: TenantRow) => void

type Patch = Readonly<Record<string, unknown>>

/** Makes a tenant. Throws `invalid_request`, and `conflict` for an id or an issuer that is taken. */
export async function createStoredTenant(
  { id, patch }: { id: string; patch: Patch },
  deps: StoredTenantsDeps,
): Promise<TenantRow> {
  if (!tenantIdPattern.test(id)) {
    throw new OAuthError(
      'invalid_request',
      'The field id must be 1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first',
    )
  }
  checkNotConfigured(id, deps)
  const settings = patchTenantSettings({}, patch, { id, publicUrl: deps.publicUrl })
  const value = withoutNulls(settings, deps.now())
  await deps.storage.transaction(async (inside) => {
    if (!(await tenantsOf(inside).create({ id, value }))) {
      throw new OAuthError('conflict', 'A tenant of this id exists already')
    }
    await claimIssuer(id, value.issuer, { ...deps, storage: inside })
  })
  return { id, value, version: 1, expiresAt: null, usedAt: null, parent: null }
}

/** The stored tenant of this id. Throws `tenant_not_found`, and `conflict` for one of config.yaml. */
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

/** Throws `invalid_request`, `tenant_not_found`, `conflict`, and what `checkCurrent` throws. */
export async function changeStoredTenant(
  { id, patch, checkCurrent }: { id: string; patch: Patch; checkCurrent: CheckCurrentTenant },
  deps: StoredTenantsDeps,
): Promise<TenantRow> {
  for (;;) {
    const row = await getStoredTenant(id, deps)
    checkCurrent(row)
    const { publicUrl } = deps
    const settings = patchTenantSettings(settingsOf(row.value), patch, { id, publicUrl })
    const value = withoutNulls(settings, row.value.created_at)
    const isWritten = await deps.storage.transaction((inside) =>
      writeChange(row, value, { ...deps, storage: inside }),
    )
    if (isWritten) return { ...row, value, version: row.version + 1 }
  }
}

/** Answers whether the row is still the one that was read. */
async function writeChange(row: TenantRow, value: StoredTenant, deps: StoredTenantsDeps): Promise<boolean> {
  if (!(await tenantsOf(deps.storage).replace(row.id, value, { ifVersion: row.version }))) return false
  if (row.value.issuer === value.issuer) return true
  if (row.value.issuer !== null) await deps.storage.of(systemTenant).of(issuerKind).delete(row.value.issuer)
  await claimIssuer(row.id, value.issuer, deps)
  return true
}

/** Throws `conflict` for an issuer that another tenant has, of config.yaml or of the storage. */
async function claimIssuer(
  id: string,
  issuer: string | null,
  { storage, tenants, publicUrl }: StoredTenantsDeps,
): Promise<void> {
  const effective = issuer ?? defaultIssuer(id, publicUrl)
  if (tenants.configured.some((tenant) => tenant.issuer === effective)) throw issuerTaken()
  if (issuer === null) return
  const isFree = await storage
    .of(systemTenant)
    .of(issuerKind)
    .create({ id: issuer, value: { tenant: id } })
  if (!isFree) throw issuerTaken()
}

/**
 * Deletes the row of an inactive tenant and frees its issuer; what else it has is ended by tokens/retire.ts, in one transaction
 * with this. Throws `tenant_not_found`, `conflict`, and what `checkCurrent` throws.
 */
export async function deleteStoredTenant(
  { id, checkCurrent }: { id: string; checkCurrent: CheckCurrentTenant },
  deps: Pick<StoredTenantsDeps, 'storage' | 'tenants'>,
): Promise<void> {
  for (;;) {
    const row = await getStoredTenant(id, deps)
    checkDeletable(row, checkCurrent)
    if (!(await tenantsOf(deps.storage).delete(id, { ifVersion: row.version }))) continue
    if (row.value.issuer !== null) {
      await deps.storage.of(systemTenant).of(issuerKind).delete(row.value.issuer)
    }
    return
  }
}

/** Throws `conflict` for an active tenant, and what `checkCurrent` throws. */
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

/** The tenants by id, active or not, those of config.yaml and those of the storage. */
export async function listTenants(
  { after, limit }: { after: string; limit: number },
  { storage, tenants, publicUrl }: Omit<StoredTenantsDeps, 'now'>,
): Promise<ListedTenant[]> {
  const rows = await tenantsOf(storage).list({ after, limit })
  const configured = tenants.configured.filter(({ id }) => id > after)
  const stored = rows.filter(({ id }) => !tenants.findConfigured(id))
  return [
    ...configured.map((tenant): ListedTenant => ({ tenant, row: undefined })),
    ...stored.map((row) => ({ tenant: buildStoredTenant(row.id, row.value, publicUrl), row })),
  ]
    .sort((a, b) => (a.tenant.id < b.tenant.id ? -1 : 1))
    .slice(0, limit)
}

/** The tenant of this id, active or not; undefined when there is none. Throws StorageError. */
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

/** As it is kept: a block that is not there is left out. */
function withoutNulls({ oauth2, api_keys, ...rest }: TenantSettings, created_at: number): StoredTenant {
  return { ...rest, ...(oauth2 && { oauth2 }), ...(api_keys && { api_keys }), created_at }
}
