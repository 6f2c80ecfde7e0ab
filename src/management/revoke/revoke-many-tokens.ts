import type { ClientRegistry } from '../../clients/client-registry.ts'
import type { AuditSink } from '../../protocol/audit-events.ts'
import type { Storage } from '../../storage/storage.ts'
import { type RevokeIssuedOptions, revokeIssued } from '../../tokens/revoke-issued.ts'
import { type Actor, recordChange } from '../actor.ts'

export interface RevokeManyTokensOptions extends RevokeIssuedOptions {
  readonly actor: Actor
}

export interface RevokeManyTokensDeps {
  readonly storage: Storage
  readonly clients: Pick<ClientRegistry, 'of'>
  readonly audit: AuditSink
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

export interface RevokedTokens {
  /** Tokens that were issued by this time are revoked; ISO 8601. */
  readonly before: string
  /** The client id of the request; undefined if no such client exists. */
  readonly client: string | undefined
}

/** Revokes the tokens and API keys of a client or a tenant that were issued by a given time. Throws the errors of revokeIssued. */
export async function revokeManyTokens(
  { clientId, before, actor }: RevokeManyTokensOptions,
  tenantId: string,
  deps: RevokeManyTokensDeps,
): Promise<RevokedTokens> {
  // The audit trail names only a client that exists. Another id is a text of the sender.
  const client = clientId === undefined ? undefined : (await deps.clients.of(tenantId).find(clientId))?.id
  const time = new Date(await revokeIssued({ clientId, before }, tenantId, deps)).toISOString()
  const detail = { of: clientId === undefined ? 'tenant' : 'client', before: time }
  recordChange('token.revoked', { actor, tenantId, client, detail }, deps.audit)
  return { before: time, client }
}
