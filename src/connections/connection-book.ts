import type { Connection } from '../platform/connections.ts'

/** What looks at a connection, one after the other, have shown. Moments are on the monotonic clock, in milliseconds. */
export interface ConnectionRecord {
  readonly connection: Connection
  /** Whether an earlier look saw it. The runtime has read what came before that. */
  readonly wasSeen: boolean
  /** Whether it was ever answered. */
  readonly hasAnswers: boolean
  /** When the last answer was sent, or when the connection began. */
  readonly usedAt: number
  /** When the request began that has no answer yet. */
  readonly requestSince: number | undefined
  /** When the oldest bytes were sent that are not acknowledged, and the count that acknowledges them. */
  readonly unread: { readonly since: number; readonly until: number } | undefined
}

/** Keeps what one look cannot tell: since when a request is under way, and since when an answer is not read. */
export class ConnectionBook {
  #records = new Map<number, ConnectionRecord>()

  /** Takes a look, and returns the records of its connections. */
  note(connections: readonly Connection[], now: number): readonly ConnectionRecord[] {
    const records = new Map<number, ConnectionRecord>()
    for (const connection of connections) {
      records.set(connection.id, follow(this.#records.get(connection.id), connection, now))
    }
    this.#records = records
    return [...records.values()]
  }
}

function follow(before: ConnectionRecord | undefined, connection: Connection, now: number): ConnectionRecord {
  return {
    connection,
    wasSeen: before !== undefined,
    hasAnswers: connection.sent > 0,
    usedAt: now - connection.sinceSent,
    requestSince: findRequest(before, connection, now),
    unread: findUnread(before, connection, now),
  }
}

/** A request is under way if bytes came after the last ones were sent. An answer, whole or not, ends it. */
function findRequest(
  before: ConnectionRecord | undefined,
  { received, sent, sinceReceived, sinceSent }: Connection,
  now: number,
): number | undefined {
  const isNew = before === undefined || before.connection.sent !== sent
  const hasGrown = !isNew && received > before.connection.received
  // The first bytes may come in the millisecond in which the connection begins.
  const isUnderWay = received > 0 && (sent === 0 || sinceReceived < sinceSent || hasGrown)
  if (!isNew && before.requestSince !== undefined) return before.requestSince
  return isUnderWay ? now - sinceReceived : undefined
}

/**
 * The time starts again when everything has arrived that was sent when it started. So a reader that is slow and goes on has the time for
 * each part of an answer that the system takes at once.
 */
function findUnread(
  before: ConnectionRecord | undefined,
  { isSending, sent, waiting, acknowledged, sinceSent }: Connection,
  now: number,
): ConnectionRecord['unread'] {
  if (!isSending) return undefined
  const kept = before?.unread
  if (kept && acknowledged < kept.until) return kept
  return { since: kept ? now : now - sinceSent, until: Math.max(acknowledged, sent + waiting) + 1 }
}
