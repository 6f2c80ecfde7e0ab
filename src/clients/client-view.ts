import type { Storage } from '../storage/storage.ts'
import { validSecrets } from './client.ts'
import { secretUses } from './client-row.ts'
import type { ListedClient } from './listed-clients.ts'
import { secretUseId } from './stored-clients.ts'

/** A client as people see it: as it works, with the defaults filled in. Times are ISO 8601. */
export interface ClientView {
  client_id: string
  /** `config`: config.yaml defines it, and nothing else changes it. */
  source: 'config' | 'storage'
  name: string
  active: boolean
  introspect: boolean
  grant_types: string[]
  scopes: string[]
  default_scopes: string[]
  /** Null: that of the tenant. */
  audience: string[] | null
  resources: string[]
  /** Seconds; null: that of the tenant. */
  access_token_ttl: number | null
  /** Null for one of config.yaml. */
  created_at: string | null
}

/** A secret as people see it: never itself, nor its hash. */
export interface SecretView {
  id: string
  /** Null for one of config.yaml. */
  created_at: string | null
  /** Null: from ever. */
  not_before: string | null
  /** Null: never. */
  expires_at: string | null
  /** Null: never, or not noted yet. */
  last_used: string | null
  /** Whether it authenticates now. */
  valid: boolean
}

export function viewClient({ client, row }: ListedClient): ClientView {
  return {
    client_id: client.id,
    source: row ? 'storage' : 'config',
    name: client.name,
    active: client.active,
    introspect: client.introspect,
    grant_types: [...client.grantTypes],
    scopes: [...client.scopes],
    default_scopes: [...client.defaultScopes],
    audience: client.audience ? [...client.audience] : null,
    resources: [...client.resources],
    access_token_ttl: client.accessTokenTtl ?? null,
    created_at: showTime(row?.value.created_at ?? null),
  }
}

/** The secrets of a client, in their order. Throws StorageError. */
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
    // A use that waited to be written is that of an earlier secret of this id.
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
