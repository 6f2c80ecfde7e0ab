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
 * Makes a tenant that inherits nothing of an earlier one of its id, which may have left config.yaml and left everything behind:
 * destroys signing keys, deletes rows and revokes tokens. Where there was anything, tokens of this second are refused, as after a
 * deletion. Throws `invalid_request`, `conflict` for an id or an issuer that is taken, and KeyError.
 */
export async function createTenant(
  { id, patch, actor }: CreateTenantOptions,
  deps: CreateTenantDeps,
): Promise<TenantRow> {
  const { storage, keyring, now } = deps
  const planned = await planStoredTenant({ id, patch }, deps)
  // A key in a file cannot be part of the transaction, so what can be refused is refused before.
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
  // Nothing else is left of a tenant that was deleted, and its tokens were revoked then.
  const wasDeleted =
    !(await rows.hasRows({ except: outlastingKinds })) && (await isTenantRevoked(storage, id))
  if (!wasThere || wasDeleted) return
  await rows.deleteAll({ except: outlastingKinds })
  await revokeTokensOfTenant(storage, id, { before: Math.floor(now / 1000) })
}
