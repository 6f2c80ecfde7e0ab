import type { ClientRow } from '../clients/stored-clients.ts'
import type { Keyring } from '../keys/keyring.ts'
import { type Log, renderCause } from '../log.ts'
import type { Actor } from './actor.ts'

export interface FollowDeps {
  readonly keyring: Pick<Keyring, 'replan'>
  readonly log: Log
}

interface Changed {
  readonly tenantId: string
  readonly actor: Actor
}

/**
 * Applies changed settings to the keys of a tenant. Never throws, because the settings are changed already. After a failure, the keyring
 * does the same when it next looks for news, or before a key changes.
 */
export async function followSettings(
  { tenantId: tenant, actor }: Changed,
  { keyring, log }: FollowDeps,
): Promise<void> {
  try {
    await keyring.replan(tenant)
  } catch (cause) {
    const { requestId } = actor
    log('warn', 'the keys do not go by the changed settings yet', {
      ...(requestId !== undefined && { request_id: requestId }),
      tenant,
      reason: renderCause(cause),
    })
  }
}

/** Keeps retiring keys published for as long as a token of this client may live. */
export async function followClientSettings(
  { value }: ClientRow,
  changed: Changed,
  deps: FollowDeps,
): Promise<void> {
  if (value.access_token_ttl !== null) await followSettings(changed, deps)
}
