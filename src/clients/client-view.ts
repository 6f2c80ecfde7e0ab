import { ClientSettings } from '../config/client-schema.ts'
import { fillSettings, type ReadonlySettings } from '../config/fill-settings.ts'
import type { Storage } from '../storage/storage.ts'
import { validSecrets } from './client.ts'
import { secretUses } from './client-row.ts'
import type { ListedClient } from './listed-clients.ts'
import { secretUseId } from './stored-clients.ts'

/** A client as the admin API and the command line show it, with its effective settings. */
export type ClientView = Omit<ReadonlySettings<ClientSettings>, 'name' | 'default_scopes'> & {
  readonly client_id: string
  /** `config`: config.yaml defines it, and nothing else changes it. */
  readonly source: 'config' | 'storage'
  readonly name: string
  readonly default_scopes: readonly string[]
  /** ISO 8601; null for one of config.yaml. */
  readonly created_at: string | null
}

/** A secret as it is shown, without the secret itself and its hash. */
export interface SecretView {
  id: string
  /** Null for one of config.yaml. */
  created_at: string | null
  /** Null: always valid. */
  not_before: string | null
  /** Null: never. */
  expires_at: string | null
  /** Null: never, or not noted yet. */
  last_used: string | null
  /** Whether it authenticates now. */
  valid: boolean
}

/** A client as the admin API and the commands show it: without its secrets. */
export function viewClient({ client, row }: ListedClient): ClientView {
  const { name, default_scopes } = client
  return {
    client_id: client.id,
    source: row ? 'storage' : 'config',
    ...fillSettings(ClientSettings, client),
    name,
    default_scopes,
    created_at: showTime(row?.value.created_at ?? null),
  }
}

/** Returns the secrets of a client, in their order. Throws StorageError. */
export async function viewSecrets(
  { client, row }: ListedClient,
  { tenantId, storage, now }: { tenantId: string; storage: Storage; now: number },
): Promise<SecretView[]> {
  const ids = client.secrets.map((secret) => secretUseId(client.id, secret.id))
  const uses = await storage.of(tenantId).of(secretUses).findMany(ids)
  const usedAt = new Map(uses.map((use) => [use.id, use.usedAt]))
  const createdAt = new Map(row?.value.secrets.map((secret) => [secret.id, secret.created_at]))
  const valid = new Set(validSecrets(client.secrets, now))
  const lastUse = (id: string) => {
    const time = usedAt.get(secretUseId(client.id, id)) ?? null
    // A use before the creation belongs to an earlier secret of this id. It was written late.
    return time !== null && time >= (createdAt.get(id) ?? 0) ? time : null
  }
  return client.secrets.map((secret) => ({
    id: secret.id,
    created_at: showTime(createdAt.get(secret.id) ?? null),
    not_before: showTime(secret.notBefore),
    expires_at: showTime(secret.expiresAt),
    last_used: showTime(lastUse(secret.id)),
    valid: valid.has(secret),
  }))
}

function showTime(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString()
}
