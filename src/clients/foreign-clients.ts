import { usesSecrets } from '../protocol/client-authentication.ts'
import type { SettingsPatch } from './client-settings.ts'
import { makeSecret } from './made-secret.ts'
import {
  type ClientOwner,
  type ClientRow,
  checkNewClient,
  type StoredClientsDeps,
  writeNewClient,
} from './stored-clients.ts'

/** A client of another server. */
export interface ForeignClient {
  readonly id: string
  readonly patch: SettingsPatch
  /** The hash of the secret that the client has already; null: it has none until one is added. */
  readonly secretHash: string | null
}

/** Like createStoredClient, for a client that keeps the secret it has. */
export async function createForeignClient(
  { id, patch, secretHash }: ForeignClient,
  owner: ClientOwner,
  deps: StoredClientsDeps,
): Promise<ClientRow> {
  const settings = checkNewClient({ id, patch }, owner)
  const isKept = secretHash !== null && usesSecrets(settings.token_endpoint_auth_method)
  const secrets = isKept ? [{ ...makeSecret(undefined, deps).stored, hash: secretHash }] : []
  return writeNewClient({ id, value: { ...settings, created_at: deps.now(), secrets } }, owner, deps)
}
