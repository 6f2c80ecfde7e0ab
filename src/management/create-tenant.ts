import type { Keyring } from '../keys/keyring.ts'
import type { AuditSink } from '../protocol/audit-events.ts'
import type { Storage } from '../storage/storage.ts'
import {
  createStoredTenant,
  planStoredTenant,
  type StoredTenantsDeps,
  type TenantRow,
} from '../tenants/stored-tenants.ts'
import { isTenantRevoked, revokeTokensOfTenant } from '../tokens/revocations.ts'
import { type Actor, recordChange } from './actor.ts'
import { outlastingKinds } from './outlasting-kinds.ts'

export interface CreateTenantOptions {
  readonly id: string
  readonly patch: Readonly<Record<string, unknown>>
  readonly actor: Actor
}

export interface CreateTenantDeps extends StoredTenantsDeps {
  readonly keyring: Pick<Keyring, 'clear'>
  readonly audit: AuditSink
}

/**
 * Creates a tenant. The new tenant must not inherit anything from an earlier tenant of this id that was removed from config.yaml. So old
 * signing keys are destroyed, old rows are deleted and old tokens are revoked. If there was anything old, tokens of this second are refused
 * too. Throws `invalid_request`, `conflict` for an id or an issuer that is taken, and KeyError.
 */
export async function createTenant(
  { id, patch, actor }: CreateTenantOptions,
  deps: CreateTenantDeps,
): Promise<TenantRow> {
  const { storage, keyring, now } = deps
  const planned = await planStoredTenant({ id, patch }, deps)
  // Key files cannot be part of the transaction, so every check comes before this.
  await keyring.clear(planned.id)
  const row = await storage.transaction(async (inside) => {
    const made = await createStoredTenant(planned, { ...deps, storage: inside })
    await endEarlierTenant(inside, planned.id, now())
    return made
  })
  recordChange('tenant.created', { actor, tenantId: id }, deps.audit)
  return row
}

async function endEarlierTenant(storage: Storage, id: string, now: number): Promise<void> {
  const rows = storage.of(id)
  const wasThere = await rows.hasRows({ except: [] })
  // A deleted tenant leaves only these kinds, and its tokens were revoked when it was deleted.
  const wasDeleted =
    !(await rows.hasRows({ except: outlastingKinds })) && (await isTenantRevoked(storage, id))
  if (!wasThere || wasDeleted) return
  await rows.deleteAll({ except: outlastingKinds })
  await revokeTokensOfTenant(storage, id, { before: Math.floor(now / 1000) })
}
