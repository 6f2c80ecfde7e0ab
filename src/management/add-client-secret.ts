import {
  type AddSecretOptions,
  addSecret,
  type NewSecret,
  type StoredClientsDeps,
} from '../clients/stored-clients.ts'
import { recordChange } from './actor.ts'
import {
  type ClientChange,
  type ClientChangeDeps,
  listedBy,
  type OwningTenant,
  type ReadChanged,
} from './client-change.ts'
import { ownerOf } from './client-owner.ts'

export interface AddClientSecretOptions<T> extends AddSecretOptions, ClientChange {
  readonly read: ReadChanged<T>
}

export interface AddedSecret<T> extends NewSecret {
  readonly shown: T
}

/**
 * Gives a stored client one more secret and sets the end of its other secrets. Only the result contains the new secret. So `read` runs in
 * the transaction: if it fails, the client does not keep a secret that was never shown. Throws the errors of addSecret.
 */
export async function addClientSecret<T>(
  { read, actor, ...asked }: AddClientSecretOptions<T>,
  tenant: OwningTenant,
  deps: ClientChangeDeps & StoredClientsDeps,
): Promise<AddedSecret<T>> {
  const added = await deps.storage.transaction(async (inside) => {
    const made = await addSecret(asked, ownerOf(tenant, deps), { ...deps, storage: inside })
    return { ...made, shown: await read(listedBy(made.row), inside) }
  })
  const detail = { secret: added.secretId }
  recordChange('secret.added', { actor, tenantId: tenant.id, client: asked.id, detail }, deps.audit)
  return added
}
