import { buildStoredClient } from '../clients/client.ts'
import type { ClientRegistry } from '../clients/client-registry.ts'
import type { ListedClient } from '../clients/listed-clients.ts'
import type { ClientOwner, ClientRow } from '../clients/stored-clients.ts'
import type { AuditSink } from '../protocol/audit-events.ts'
import type { Storage } from '../storage/storage.ts'
import type { Actor } from './actor.ts'

/** The tenant whose client is made, changed or deleted. */
export type OwningTenant = ClientOwner['tenant']

/** The dependencies of every change of a client. */
export interface ClientChangeDeps {
  readonly storage: Storage
  readonly clients: Pick<ClientRegistry, 'of'>
  readonly audit: AuditSink
}

/** A change of one client. */
export interface ClientChange {
  /** The client id. */
  readonly id: string
  readonly actor: Actor
}

/**
 * Reads the parts of the changed client that the caller shows. It runs in the transaction of the change, so a failed read undoes the
 * change, and nothing can fail between the change and the answer.
 */
export type ReadChanged<T> = (changed: ListedClient, inside: Storage) => Promise<T>

/** For a caller that shows nothing of the client. */
export const readNothing: ReadChanged<undefined> = async () => undefined

/** The client that this row describes. */
export function listedBy(row: ClientRow): ListedClient {
  return { client: buildStoredClient(row.id, row.value), row }
}
