import { auditEvents, auditHeads } from '../audit/audit-row.ts'
import type { SettingsPatch } from '../clients/client-settings.ts'
import {
  type CheckCurrent,
  type ClientOwner,
  createStoredClient,
  deleteStoredClient,
  type NewSecret,
  type StoredClientsDeps,
} from '../clients/stored-clients.ts'
import type { Keyring } from '../keys/keyring.ts'
import { UnavailableError } from '../protocol/errors.ts'
import { onlyReadable, type Storage } from '../storage/storage.ts'
import {
  type CheckCurrentTenant,
  checkDeletable,
  createStoredTenant,
  deleteStoredTenant,
  getStoredTenant,
  planStoredTenant,
  type StoredTenantsDeps,
  type TenantRow,
} from '../tenants/stored-tenants.ts'
import { revokeApiKey } from '../tokens/api-keys/api-key-records.ts'
import { apiKeys } from '../tokens/api-keys/api-key-row.ts'
import { revocations } from '../tokens/revocation-row.ts'
import { isTenantRevoked, revokeTokensOfClient, revokeTokensOfTenant } from '../tokens/revocations.ts'

interface RetireDeps {
  readonly storage: Storage
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/**
 * Deletes a stored client and ends all that it got, so that one that is made later under the same id inherits nothing: its tokens
 * and API keys are revoked. Throws `not_found`, `conflict`, and what `checkCurrent` throws.
 */
export function retireClient(
  { id, checkCurrent }: { id: string; checkCurrent: CheckCurrent },
  owner: ClientOwner,
  { storage, now }: RetireDeps,
): Promise<void> {
  const tenantId = owner.tenant.id
  return storage.transaction(async (inside) => {
    await deleteStoredClient({ id, checkCurrent }, owner, inside)
    await revokeTokensOfClient(inside, tenantId, { clientId: id, before: Math.floor(now() / 1000) })
    // Else somebody else could rotate a key of it, and the new token would be good.
    await revokeApiKeysOf(inside, tenantId, { clientId: id, now: now() })
  })
}

/**
 * Makes a client that inherits nothing of an earlier one of its id, which may have left config.yaml and then left no trace: what was
 * issued before this second is revoked, and the API keys that it made with it. Throws what createStoredClient throws.
 */
export function createFreshClient(
  asked: { id: string; patch: SettingsPatch },
  owner: ClientOwner,
  deps: StoredClientsDeps,
): Promise<NewSecret> {
  const tenantId = owner.tenant.id
  return deps.storage.transaction(async (inside) => {
    const made = await createStoredClient(asked, owner, { ...deps, storage: inside })
    const now = deps.now()
    // Its own tokens are of this second at the earliest.
    const before = Math.floor(now / 1000) - 1
    await revokeTokensOfClient(inside, tenantId, { clientId: asked.id, before })
    await revokeApiKeysOf(inside, tenantId, { clientId: asked.id, now })
    return made
  })
}

const pageSize = 100

async function revokeApiKeysOf(
  storage: Storage,
  tenantId: string,
  { clientId, now }: { clientId: string; now: number },
): Promise<void> {
  for (let after = ''; ; ) {
    const page = await storage.of(tenantId).of(apiKeys).list({ after, limit: pageSize, parent: clientId })
    // A damaged one is refused, and once it is restored it is one of a client whose tokens were revoked.
    for (const { id } of onlyReadable(page)) await revokeApiKey(storage, tenantId, { id, now })
    const last = page.at(-1)
    if (!last || page.length < pageSize) return
    after = last.id
  }
}

/** What is kept of a tenant that was deleted: what it did, and that its tokens are no good. */
const outlasting = [auditEvents, auditHeads, revocations].map(({ name }) => name)

/**
 * Deletes an inactive stored tenant and everything that is its own but its audit trail, its signing keys first; its tokens stay
 * revoked though a tenant is made again under the same id. Throws `tenant_not_found`, `conflict`, KeyError and what
 * `checkCurrent` throws.
 */
export async function retireTenant(
  { id, checkCurrent }: { id: string; checkCurrent: CheckCurrentTenant },
  { storage, now, tenants, keyring }: RetireTenantDeps,
): Promise<void> {
  // A key in a file cannot be part of the transaction. Who makes the tenant active in between gets new keys.
  checkDeletable(await getStoredTenant(id, { storage, tenants }), checkCurrent)
  await keyring.destroy(id)
  await storage.transaction(async (inside) => {
    await deleteStoredTenant({ id, checkCurrent }, { storage: inside, tenants })
    await inside.of(id).deleteAll({ except: outlasting })
    await revokeTokensOfTenant(inside, id, { before: Math.floor(now() / 1000) })
  })
  await clearLate(id, keyring)
}

/** Keys that somebody made between the two. The tenant is deleted already: to say that it is not would be wrong. */
async function clearLate(id: string, keyring: Keyring): Promise<void> {
  try {
    await keyring.clear(id)
  } catch (cause) {
    if (!(cause instanceof UnavailableError)) throw cause
  }
}

type RetireTenantDeps = Omit<StoredTenantsDeps, 'publicUrl'> & { readonly keyring: Keyring }

/**
 * Makes a tenant that inherits nothing of an earlier one of its id, which may have left config.yaml and left everything behind:
 * signing keys are destroyed, rows deleted and tokens revoked. Where there was anything, tokens of this second are refused, as after
 * a deletion. Throws `invalid_request`, `conflict` for an id or an issuer that is taken, and KeyError.
 */
export async function createFreshTenant(
  asked: { id: string; patch: SettingsPatch },
  deps: StoredTenantsDeps & { readonly keyring: Keyring },
): Promise<TenantRow> {
  const { storage, keyring, now } = deps
  const planned = await planStoredTenant(asked, deps)
  // A key in a file cannot be part of the transaction, so what can be refused is refused before.
  await keyring.clear(planned.id)
  return storage.transaction(async (inside) => {
    const row = await createStoredTenant(planned, { ...deps, storage: inside })
    await endWhatIsLeft(inside, planned.id, now())
    return row
  })
}

async function endWhatIsLeft(storage: Storage, id: string, now: number): Promise<void> {
  const rows = storage.of(id)
  const wasThere = await rows.hasRows({ except: [] })
  // Nothing else is left of a tenant that was deleted, and its tokens were revoked then.
  const wasDeleted = !(await rows.hasRows({ except: outlasting })) && (await isTenantRevoked(storage, id))
  if (!wasThere || wasDeleted) return
  await rows.deleteAll({ except: outlasting })
  await revokeTokensOfTenant(storage, id, { before: Math.floor(now / 1000) })
}
