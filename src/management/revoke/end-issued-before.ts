import { consents } from '../../consents/consent-row.ts'
import type { AuditSink } from '../../protocol/audit-events.ts'
import { OAuthError } from '../../protocol/errors.ts'
import { sessions } from '../../sessions/session-row.ts'
import { isDamaged, type Records, type Storage, type StoredRecord } from '../../storage/storage.ts'
import { walkRows } from '../../storage/walk-rows.ts'
import { revokeTokensOfTenant } from '../../tokens/revocations.ts'
import { users } from '../../users/user-row.ts'
import { type Actor, recordChange } from '../actor.ts'

export interface EndIssuedBeforeOptions {
  /** Milliseconds since the epoch. */
  readonly before: number
  /** API keys live long and are in the settings of other systems. */
  readonly keepApiKeys: boolean
  readonly actor: Actor
}

export interface EndIssuedBeforeDeps {
  readonly storage: Storage
  readonly audit: AuditSink
  /** Milliseconds since the epoch. */
  readonly now: () => number
}

/** What was ended, besides tokens, which have no rows to count. */
export interface EndedRows {
  readonly sessions: number
  readonly consents: number
  /** Open links on which people choose a password. */
  readonly links: number
}

const pageSize = 500

/**
 * Ends everything that the tenant gave out at `before` or earlier, and that might have been revoked since by a server whose memory is lost:
 * tokens, refresh tokens, codes and API keys by a cutoff; sessions, consents and open links by their rows. A second call ends nothing more.
 * Nobody is told, because the clients were told when it was revoked. Throws `invalid_request` for a time in the future, and StorageError.
 */
export async function endIssuedBefore(
  { before, keepApiKeys, actor }: EndIssuedBeforeOptions,
  tenantId: string,
  { storage, audit, now }: EndIssuedBeforeDeps,
): Promise<EndedRows> {
  if (before > now()) throw new OAuthError('invalid_request', 'The field before must not be in the future')
  const seconds = Math.floor(before / 1000)
  await revokeTokensOfTenant(storage, tenantId, { before: seconds, keepApiKeys })
  const rows = storage.of(tenantId)
  // To the end of the second, as for tokens.
  const last = seconds * 1000 + 999
  const ended = {
    sessions: await removeEach(rows.of(sessions), ({ value }) => value.created_at <= last),
    // A row without a person says that consents for a deleted client are worthless.
    consents: await removeEach(
      rows.of(consents),
      ({ value, parent }) => parent !== null && value.given_at <= last,
    ),
    links: await closeLinks(rows.of(users)),
  }
  const detail = { of: 'everything', before: new Date(seconds * 1000).toISOString() }
  recordChange('token.revoked', { actor, tenantId, detail }, audit)
  return ended
}

async function removeEach<T>(
  records: Records<T>,
  isOver: (row: StoredRecord<T>) => boolean,
): Promise<number> {
  let count = 0
  for await (const page of walkRows(records, { pageSize })) {
    const over = page.filter((row) => isDamaged(row) || isOver(row))
    await Promise.all(over.map(({ id }) => records.delete(id)))
    count += over.length
  }
  return count
}

/** Closes all links, because a row does not say when its link was made. A damaged row is of nobody who can sign in. */
async function closeLinks(records: Records<(typeof users.schema)['static']>): Promise<number> {
  let count = 0
  for await (const page of walkRows(records, { pageSize })) {
    for (const row of page) {
      if (isDamaged(row) || row.value.link === null) continue
      const isDone = await records.replace(row.id, { ...row.value, link: null }, { ifVersion: row.version })
      if (isDone) count++
    }
  }
  return count
}
