import { clients as clientKind } from '../../clients/client-row.ts'
import { createForeignClient, type ForeignClient } from '../../clients/foreign-clients.ts'
import {
  type ClientOwner,
  type ClientRow,
  checkNewClient,
  type StoredClientsDeps,
} from '../../clients/stored-clients.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { type Actor, recordChange } from '../actor.ts'
import type { ClientChangeDeps, OwningTenant } from '../client-change.ts'
import { ownerOf } from '../client-owner.ts'
import { type FollowDeps, followClientSettings } from '../follow-settings.ts'
import { checkReachable, type PublicUrl } from '../reachable-client.ts'
import { endEarlierClient } from '../revoke/end-earlier-client.ts'

export type ImportClientsDeps = ClientChangeDeps & StoredClientsDeps & FollowDeps & PublicUrl

/** A client that is not imported. The message repeats nothing of the file. */
export interface ClientFault {
  readonly id: string
  readonly message: string
}

/** The clients of a file, by what becomes of them. */
export interface SortedClients {
  readonly fresh: readonly ForeignClient[]
  /** Ids that a client has already. Their clients stay as they are. */
  readonly existing: readonly string[]
  readonly faults: readonly ClientFault[]
}

/** Says what {@link importClients} would do; changes nothing. Throws StorageError. */
export async function sortClients(
  all: readonly ForeignClient[],
  tenant: OwningTenant,
  deps: ImportClientsDeps,
): Promise<SortedClients> {
  const owner = ownerOf(tenant, deps)
  const records = deps.storage.of(tenant.id).of(clientKind)
  const [fresh, existing, faults]: [ForeignClient[], string[], ClientFault[]] = [[], [], []]
  for (const client of all) {
    const isThere =
      owner.clients.findConfigured(client.id) !== undefined || (await records.find(client.id)) !== undefined
    const message = isThere ? undefined : findFault(client, owner, deps)
    if (isThere) existing.push(client.id)
    else if (message === undefined) fresh.push(client)
    else faults.push({ id: client.id, message })
  }
  return { fresh, existing, faults }
}

function findFault(client: ForeignClient, owner: ClientOwner, deps: PublicUrl): string | undefined {
  try {
    const value = { ...checkNewClient(client, owner), created_at: 0, secrets: [] }
    checkReachable({ value }, deps)
    return undefined
  } catch (cause) {
    if (cause instanceof OAuthError) return cause.message
    throw cause
  }
}

/**
 * Makes clients with the secrets that they have: all of them, or none if one cannot be made. Like a new client of the admin API, each
 * inherits nothing from an earlier one of its id. Throws the errors of createStoredClient.
 */
export async function importClients(
  { clients, actor }: { readonly clients: readonly ForeignClient[]; readonly actor: Actor },
  tenant: OwningTenant,
  deps: ImportClientsDeps,
): Promise<void> {
  const rows = await deps.storage.transaction(async (inside) => {
    const now = deps.now()
    const made: ClientRow[] = []
    for (const client of clients) {
      made.push(await createForeignClient(client, ownerOf(tenant, deps), { ...deps, storage: inside }))
      await endEarlierClient(inside, tenant.id, { clientId: client.id, now })
    }
    return made
  })
  for (const row of rows) {
    recordChange('client.created', { actor, tenantId: tenant.id, client: row.id }, deps.audit)
    await followClientSettings(row, { actor, tenantId: tenant.id }, deps)
  }
}
