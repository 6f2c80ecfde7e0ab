import { FairGate } from '../async/fair-gate.ts'
import { GateFull } from '../async/gate.ts'
import type { Client } from '../clients/client.ts'
import type { Keyring } from '../keys/keyring.ts'
import { type Log, renderCause } from '../log.ts'
import type { Outbound } from '../platform/outbound.ts'
import type { AuditSink } from '../protocol/audit-events.ts'
import type { Session } from '../sessions/session.ts'
import type { Tenant } from '../tenants/tenant.ts'
import type { LogoutNotices, NoticeOptions } from './logout-notices.ts'
import { makeLogoutToken } from './logout-token.ts'
import { type SendFault, sendLogout } from './send-logout.ts'

export interface BackchannelOptions {
  readonly clients: Clients
  readonly keyring: Pick<Keyring, 'of'>
  readonly outbound: Outbound
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Milliseconds, for fair turns. */
  readonly monotonic: () => number
  readonly after: (milliseconds: number, callback: () => void) => () => void
  readonly randomBytes: (count: number) => Uint8Array
  readonly audit: AuditSink
  readonly log: Log
  readonly metrics?: LogoutMetrics | undefined
}

/** The part of the registry of clients that is needed. */
interface Clients {
  of(tenantId: string): { find(id: string): Promise<Client | undefined> }
}

interface LogoutMetrics {
  countLogout(outcome: 'sent' | 'failed'): void
}

/** Milliseconds between a failed attempt and the next one. With {@link longestAttempt} for each, all four end within a minute. */
const pauses = [6000, 12_000, 20_000]

/** Requests at once. */
const atOnce = 20
/** Notices that wait, of one client and in all. The newest of the client with the most leaves. */
const mostWaiting = { lane: 1000, total: 10_000 }
/** Milliseconds that the end of the process waits for the last attempts. */
const longestClose = 3000

/** What one client has to learn. */
interface Notice {
  readonly tenant: Tenant
  readonly clientId: string
  readonly session: Session
  readonly requestId: string | undefined
  /** Made once, so that a client that gets it twice sees one `jti`. */
  token?: string
  /** Why there is no token, for the log. */
  cause?: string
}

/**
 * Sends logout tokens: at once, and three more times when the client does not take one. What waits is in the memory of this process
 * alone, so it is lost when the process is killed.
 */
export class BackchannelLogout implements LogoutNotices {
  readonly #options: BackchannelOptions
  readonly #gate: FairGate
  /** Notices that are not done, each with its work. */
  readonly #running = new Set<Promise<void>>()
  /** Ends the pauses before further attempts. */
  readonly #hurries = new Set<() => void>()
  #isClosing = false

  constructor(options: BackchannelOptions) {
    this.#options = options
    this.#gate = new FairGate({ atOnce, limits: mostWaiting, monotonic: options.monotonic })
  }

  /** The notices that are not delivered yet, and those that found the queue full. */
  get queue(): { readonly waiting: number; readonly refused: number } {
    return { waiting: this.#running.size, refused: this.#gate.refused }
  }

  sessionsEnded(tenant: Tenant, sessions: readonly Session[], { requestId }: NoticeOptions = {}): void {
    for (const session of sessions) {
      for (const clientId of session.clients) this.#begin({ tenant, clientId, session, requestId })
    }
  }

  /**
   * Gives each waiting notice one last attempt now, and resolves when all are done, after three seconds at most. Those that are not done by
   * then count as failed.
   */
  async close(): Promise<void> {
    this.#isClosing = true
    for (const hurry of this.#hurries) hurry()
    let cancel = () => {}
    const late = new Promise<void>((resolve) => {
      cancel = this.#options.after(longestClose, resolve)
    })
    await Promise.race([Promise.all(this.#running), late])
    cancel()
    const { size } = this.#running
    if (size > 0)
      this.#options.log('warn', 'clients were not told of sign-outs', { count: size, reason: 'shutdown' })
  }

  #begin(notice: Notice): void {
    const work = this.#deliver(notice)
    this.#running.add(work)
    void work.finally(() => this.#running.delete(work))
  }

  async #deliver(notice: Notice): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      // An attempt that was under way when the process began to end is followed by another one.
      const isLast = this.#isClosing
      const outcome = await this.#attemptInTurn(notice, attempt)
      if (outcome === 'no_uri') return
      const pause = pauses[attempt - 1]
      const isDone = outcome === undefined || outcome === 'client_removed'
      if (isDone || pause === undefined || isLast) return this.#report(notice, outcome)
      if (!this.#isClosing) await this.#wait(pause)
    }
  }

  async #attemptInTurn(notice: Notice, attempt: number): Promise<SendFault | 'no_uri' | undefined> {
    const place = () => ({ isKnown: true, path: [notice.tenant.id, notice.clientId] })
    try {
      return await this.#gate.run(() => this.#attempt(notice, attempt), place)
    } catch (cause) {
      if (cause instanceof GateFull) return 'queue_full'
      notice.cause = renderCause(cause)
      return 'no_token'
    }
  }

  /** The client is looked up at each attempt, so that one that was changed or disabled meanwhile is treated as it is now. */
  async #attempt(notice: Notice, attempt: number): Promise<SendFault | 'no_uri' | undefined> {
    const { tenant, clientId } = notice
    const client = await this.#options.clients.of(tenant.id).find(clientId)
    const uri = client?.active ? client.backchannel_logout_uri : null
    if (uri === null) return attempt === 1 ? 'no_uri' : 'client_removed'
    notice.token ??= await makeLogoutToken(notice, this.#options)
    const mayBePrivate = tenant.oidc?.backchannel_logout_private_addresses === true
    return sendLogout({ uri, logoutToken: notice.token, mayBePrivate, attempt }, this.#options)
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const go = () => {
        cancel()
        this.#hurries.delete(go)
        resolve()
      }
      const cancel = this.#options.after(milliseconds, go)
      this.#hurries.add(go)
    })
  }

  #report(notice: Notice, fault: SendFault | undefined): void {
    const { tenant, clientId, session, requestId, cause } = notice
    const { audit, log, metrics } = this.#options
    const detail = { sub: session.sub, sid: session.sid }
    const about = { tenant: tenant.id, client: clientId, detail, requestId }
    metrics?.countLogout(fault === undefined ? 'sent' : 'failed')
    if (fault === undefined) {
      audit.record({ ...about, type: 'logout.sent', outcome: 'success' })
      return
    }
    audit.record({ ...about, type: 'logout.failed', outcome: 'refused', reason: fault })
    const reason = (fault === 'no_token' && cause) || fault
    log('warn', 'a client was not told of a sign-out', { tenant: tenant.id, client_id: clientId, reason })
  }
}
