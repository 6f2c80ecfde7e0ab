import type { AuditEvent } from '../protocol/audit-events.ts'
import type { AuditEntry } from './audit-row.ts'

/** An event that is not written yet. */
export interface WaitingEvent {
  readonly event: AuditEvent
  /** Milliseconds since the epoch. */
  readonly time: number
}

/** The members that link an event to the one before. */
export type ChainLink = Pick<AuditEntry, 'number' | 'prev_expires' | 'prev_hash'>

/** The same event with its texts shortened, and without texts that look like a secret. */
export function fitEvent({ event, time }: WaitingEvent): WaitingEvent {
  const { actor, client, reason, requestId, address, detail } = event
  return {
    time,
    event: {
      type: event.type,
      tenant: event.tenant,
      outcome: event.outcome,
      actor: fit(actor),
      client: fit(client),
      reason: fit(reason),
      requestId: fit(requestId),
      address: fit(address),
      ...(detail && { detail: fitDetail(detail) }),
    },
  }
}

/** The event as it is stored: members in the order of the schema, texts shortened. */
export function buildEntry({ event, time }: WaitingEvent, link: ChainLink): AuditEntry {
  return {
    number: link.number,
    time: renderTime(time),
    tenant: event.tenant,
    type: event.type,
    outcome: event.outcome,
    actor: fit(event.actor),
    client: fit(event.client),
    reason: fit(event.reason),
    request_id: fit(event.requestId),
    address: fit(event.address),
    detail: event.detail && fitDetail(event.detail),
    prev_expires: link.prev_expires,
    prev_hash: link.prev_hash,
  }
}

/** The last time that was rendered: many events are of the same millisecond. */
let lastTime = { time: Number.NaN, text: '' }

function renderTime(time: number): string {
  if (time !== lastTime.time) lastTime = { time, text: new Date(time).toISOString() }
  return lastTime.text
}

/** Characters of one text. Our ids are shorter. */
const longestText = 512
const mostDetails = 20

/** A safety net: a JWT, a secret of ours, a private key. */
const secretLike = /\beyJ[\w-]+\.[\w-]+\.[\w-]*|gds_[0-9A-Za-z]{40}|-----BEGIN/
/** The length of the shortest text that {@link secretLike} can match. */
const shortestSecret = 40

function fit<T extends string | undefined>(text: T): T | string {
  if (text === undefined || text.length < shortestSecret) return text
  if (secretLike.test(text)) return '[left out]'
  return text.length > longestText ? `${text.slice(0, longestText - 1)}…` : text
}

function fitDetail(detail: Readonly<Record<string, string>>): Record<string, string> {
  const fitted: Record<string, string> = {}
  let count = 0
  for (const name in detail) {
    if (++count > mostDetails) break
    fitted[fit(name)] = fit(detail[name] ?? '')
  }
  return fitted
}
