import type { Deadlines } from './async/deadlines.ts'
import type { FewATurn } from './async/few-a-turn.ts'
import type { AuditReader } from './audit/audit-trail.ts'
import type { BuildInfo } from './build-info.ts'
import type { ClientRegistry } from './clients/client-registry.ts'
import type { ServiceSettings } from './config/schema.ts'
import type { Keyring } from './keys/keyring.ts'
import type { AttemptLimits } from './limits/attempt-limits.ts'
import type { HeldRefusals } from './limits/held-refusals.ts'
import type { Rates } from './limits/rates/rates.ts'
import type { Log } from './log.ts'
import type { LogoutNotices } from './logout/logout-notices.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { Logos } from './pages/frame/logo.ts'
import type { Hashing } from './platform/hashing.ts'
import type { Clock } from './platform/platform.ts'
import type { AuditSink } from './protocol/audit-events.ts'
import type { RefusalBook } from './refusals/refusal-book.ts'
import type { SecretChecker } from './secrets/secret-checker.ts'
import type { LastUse } from './storage/last-use.ts'
import type { Storage } from './storage/storage.ts'
import type { TenantRegistry } from './tenants/tenant-registry.ts'
import type { RecentTokens } from './tokens/recent-tokens.ts'
import type { SignedTokens } from './tokens/signed-tokens.ts'
import type { VerifiedTokens } from './tokens/verified-tokens.ts'
import type { Tracing } from './tracing/tracing.ts'
import type { People } from './users/people.ts'
import type { SignIns } from './users/sign-in.ts'

/** Everything that a request can use. Time, randomness and the log come in here and nowhere else. */
export interface Deps {
  /** Timers, for waits of requests. */
  readonly clock: Pick<Clock, 'after' | 'monotonic'>
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
  readonly hashing: Hashing
  readonly logos: Logos
  readonly log: Log
  readonly build: BuildInfo
  /** The base of every link, without a trailing slash. */
  readonly publicUrl: string
  /** The settings of the whole server, with their names in config.yaml. */
  readonly settings: ServiceSettings
  readonly tenants: TenantRegistry
  readonly clients: ClientRegistry
  readonly people: People
  /** Checks passwords of people; see users/sign-in.ts. */
  readonly signIns: SignIns
  /** Forms with a password that arrive at once take turns, so that tokens need not wait for all of them. */
  readonly signInTurns: FewATurn
  readonly logoutNotices: LogoutNotices
  readonly keyring: Keyring
  readonly secrets: SecretChecker
  readonly limits: AttemptLimits
  readonly rates: Rates
  readonly recentTokens: RecentTokens
  readonly storage: Storage
  readonly audit: AuditSink
  readonly auditTrails: AuditReader
  readonly refusals: RefusalBook
  readonly lastUse: LastUse
  readonly verifiedTokens: VerifiedTokens
  readonly signedTokens: SignedTokens
  /** The cutoff (ms): expired rows were deleted up to it. A token that expired before it stays expired, even if the clock was set back. */
  readonly expiryCutoff: () => number
  readonly lifecycle: Lifecycle
  /** Ends the waits for bodies that do not arrive. */
  readonly bodyDeadlines: Deadlines
  /** Default: no answer is held. */
  readonly heldRefusals?: HeldRefusals
  /** Default: nothing is counted. */
  readonly metrics?: Metrics
  /** Default: no request is traced. */
  readonly tracing?: Tracing
}

/** The phase of the process between its start and its end. */
export interface Lifecycle {
  phase: 'starting' | 'ready' | 'stopping'
  /** The clock of this process is off, and those of the other replicas are not: load balancers must send no requests. */
  isClockOdd?: boolean
  /** Another process takes over: each open connection is closed with its next answer. */
  isLeaving?: boolean
  /** The newest configuration has a fault, and the one before it is in force. */
  isConfigRejected?: boolean
}
