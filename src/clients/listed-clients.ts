import { type DamagedRow, isDamaged, type Storage } from '../storage/storage.ts'
import { buildStoredClient, type Client } from './client.ts'
import type { TenantClients } from './client-registry.ts'
import { clients as clientKind } from './client-row.ts'
import type { ClientRow } from './stored-clients.ts'

/** A client of config.yaml or of the storage. */
export interface ListedClient {
  readonly client: Client
  /** Undefined for one of config.yaml. */
  readonly row: ClientRow | undefined
}

/** Returns the clients of config.yaml and of the storage, in the order of their ids. A damaged row takes the place of its client. */
export async function listClients(
  { after, limit }: { after: string; limit: number },
  { tenant, clients }: ListOwner,
  storage: Storage,
): Promise<(ListedClient | DamagedRow)[]> {
  const rows = await storage.of(tenant.id).of(clientKind).list({ after, limit })
  const configured = clients.configured.filter(({ id }) => id > after)
  const stored = rows.filter(({ id }) => !clients.findConfigured(id))
  return [
    ...configured.map((client): ListedClient => ({ client, row: undefined })),
    ...stored.map((row) => (isDamaged(row) ? row : { client: buildStoredClient(row.id, row.value), row })),
  ]
    .sort((a, b) => (clientIdOf(a) < clientIdOf(b) ? -1 : 1))
    .slice(0, limit)
}

export function clientIdOf(listed: ListedClient | DamagedRow): string {
  return 'damage' in listed ? listed.id : listed.client.id
}

interface ListOwner {
  readonly tenant: { readonly id: string }
  readonly clients: Pick<TenantClients, 'findConfigured' | 'configured'>
}

/** Returns the client of this id; undefined when there is none. Throws StorageError. */
export async function findClient(
  id: string,
  { tenant, clients }: ListOwner,
  storage: Storage,
): Promise<ListedClient | undefined> {
  const configured = clients.findConfigured(id)
  if (configured) return { client: configured, row: undefined }
  const row = await storage.of(tenant.id).of(clientKind).find(id)
  return row && { client: buildStoredClient(id, row.value), row }
}
