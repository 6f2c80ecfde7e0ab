import { Deadlines } from '../async/deadlines.ts'
import { FewATurn } from '../async/few-a-turn.ts'
import type { AuditReader } from '../audit/audit-trail.ts'
import { buildInfo } from '../build-info.ts'
import { ClientRegistry } from '../clients/client-registry.ts'
import { listConfiguredClients } from '../clients/configured-clients.ts'
import type { LoadedConfig } from '../config/load.ts'
import { findClient } from '../config/packed/packed-config.ts'
import type { Config } from '../config/schema.ts'
import type { Deps, Lifecycle } from '../deps.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { AttemptLimits } from '../limits/attempt-limits.ts'
import type { HeldRefusals } from '../limits/held-refusals.ts'
import { LimitKey } from '../limits/limit-key.ts'
import type { Rates } from '../limits/rates/rates.ts'
import { SignInLimits } from '../limits/sign-in-limits.ts'
import { type Log, renderCause } from '../log.ts'
import { BackchannelLogout } from '../logout/backchannel-logout.ts'
import type { Metrics } from '../metrics/metrics.ts'
import type { Logos } from '../pages/frame/logo.ts'
import type { Hashing } from '../platform/hashing.ts'
import type { Platform } from '../platform/platform.ts'
import type { AuditSink } from '../protocol/audit-events.ts'
import { RefusalBook } from '../refusals/refusal-book.ts'
import { Passwords } from '../secrets/passwords.ts'
import { SecretChecker } from '../secrets/secret-checker.ts'
import type { LastUse } from '../storage/last-use.ts'
import type { StoragePlace } from '../storage/open.ts'
import type { Storage } from '../storage/storage.ts'
import { buildTenant } from '../tenants/tenant.ts'
import { TenantRegistry } from '../tenants/tenant-registry.ts'
import { RecentTokens } from '../tokens/recent-tokens.ts'
import { SignedTokens } from '../tokens/signed-tokens.ts'
import { VerifiedTokens } from '../tokens/verified-tokens.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { buildConfiguredPeople } from '../users/configured-people.ts'
import { People } from '../users/people.ts'
import type { SignIns } from '../users/sign-in.ts'

/** Forms with a password that are read in a turn of the event loop. */
const signInsATurn = 2

export interface ComposeOptions {
  readonly platform: Pick<
    Platform,
    'files' | 'hashing' | 'passwordHash' | 'cores' | 'outbound' | 'after' | 'monotonic' | 'nextTurn'
  >
  readonly log: Log
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
  readonly keyring: Keyring
  readonly storage: Storage
  readonly audit: AuditSink
  readonly auditTrails: AuditReader
  readonly lastUse: LastUse
  readonly limits: AttemptLimits
  readonly rates: Rates
  /** `limits` of the configuration in force, for what outlives a reload. Default: those of this configuration. */
  readonly limitSettings?: Config['limits']
  readonly expiryCutoff: () => number
  readonly publicUrl: string
  readonly lifecycle: Lifecycle
  readonly metrics?: Metrics | undefined
  readonly tracing?: Tracing | undefined
  readonly heldRefusals?: HeldRefusals
  /** `server.connections` of the configuration in force. Default: those of this configuration. */
  readonly connectionSettings?: () => Config['server']['connections']
  /** `refusals` of the configuration in force. Default: that of this configuration. */
  readonly refusalSettings?: () => Config['refusals']
  /** Default: no tenant has one. */
  readonly logos?: Logos
  /** The clients of the configuration in force, for what outlives a reload. Default: those of this configuration. */
  readonly findClients?: () => ClientRegistry
}

/** The place of the storage. A configuration without a data_dir gets a storage in memory, which ends with the process. */
export function planStorage(
  { storage, dataDir }: LoadedConfig,
  { files }: Pick<Platform, 'files'>,
): StoragePlace {
  if (storage.kind !== 'sqlite') return storage
  return dataDir === undefined
    ? { kind: 'memory' }
    : { kind: 'sqlite', path: files.resolve(dataDir, 'grantd.db') }
}

/** A name of the place of a storage, without its secrets. */
export async function nameStorage(place: StoragePlace): Promise<string> {
  if (place.kind === 'postgres') {
    // Loaded only where Postgres is used.
    const { parsePostgresUrl } = await import('../storage/postgres/postgres-url.ts')
    return `postgres ${parsePostgresUrl(place).place}`
  }
  return place.kind === 'sqlite' ? `sqlite ${place.path}` : 'memory'
}

/** The registries of tenants and clients, of the configuration and of the storage. */
export function composeRegistries(
  { config }: LoadedConfig,
  { storage, publicUrl, hashing }: { storage: Storage; publicUrl: string; hashing: Hashing },
): Pick<Deps, 'tenants' | 'clients' | 'people'> {
  const tenants = Object.entries(config.tenants).map(([id, tenant]) => buildTenant(id, tenant, publicUrl))
  const findConfigured = (id: string) => {
    const tenant = config.tenants[id]
    return tenant && listConfiguredClients(tenant, (clientId) => findClient(tenant, clientId))
  }
  const findPeople = (id: string) => {
    const tenant = config.tenants[id]
    return tenant && buildConfiguredPeople(id, tenant.users, hashing)
  }
  return {
    tenants: new TenantRegistry(tenants, { storage, publicUrl }),
    clients: new ClientRegistry(findConfigured, { hashing, storage }),
    people: new People(findPeople, { storage }),
  }
}

/** Puts the parts of the server together. Only this function knows where each part comes from. */
export function composeDeps(loaded: LoadedConfig, options: ComposeOptions): Deps {
  const { config } = loaded
  const { platform, keyring, publicUrl, storage, randomBytes } = options
  const { now, log, lifecycle, audit, auditTrails, lastUse, limits, rates, expiryCutoff, metrics } = options
  const registries = composeRegistries(loaded, { storage, publicUrl, hashing: platform.hashing })
  const { findClients = () => registries.clients, connectionSettings = () => config.server.connections } =
    options
  const clients = { of: (tenantId: string) => findClients().of(tenantId) }
  return {
    clock: platform,
    bodyDeadlines: new Deadlines({
      ...{ after: platform.after, monotonic: platform.monotonic },
      milliseconds: () => connectionSettings().request_time * 1000,
    }),
    now,
    randomBytes,
    log,
    lifecycle,
    publicUrl,
    keyring,
    storage,
    audit,
    auditTrails,
    lastUse,
    limits,
    rates,
    expiryCutoff,
    ...(metrics && { metrics }),
    ...(options.tracing && { tracing: options.tracing }),
    ...(options.heldRefusals && { heldRefusals: options.heldRefusals }),
    verifiedTokens: new VerifiedTokens(),
    signedTokens: new SignedTokens({ hashing: platform.hashing, secret: randomBytes(32) }),
    settings: config,
    build: buildInfo,
    logos: options.logos ?? new Map(),
    hashing: platform.hashing,
    logoutNotices: new BackchannelLogout({ ...platform, ...options, clients }),
    recentTokens: new RecentTokens({ storage, now }),
    refusals: composeRefusals(loaded, options),
    ...registries,
    signIns: composeSignIns(loaded, options),
    signInTurns: new FewATurn(signInsATurn, platform.nextTurn),
    secrets: new SecretChecker({
      hashing: platform.hashing,
      passwordHash: platform.passwordHash,
      atOnce: Math.max(1, platform.cores - 1),
      monotonic: platform.monotonic,
      memoryKey: randomBytes(32),
    }),
  }
}

function composeRefusals({ config }: LoadedConfig, options: ComposeOptions): RefusalBook {
  const { platform, storage, now, randomBytes, log, refusalSettings = () => config.refusals } = options
  const onError = (cause: unknown) => log('warn', 'refusals were not written', { reason: renderCause(cause) })
  const life = () => refusalSettings().retain * 1000
  return new RefusalBook({ after: platform.after, life, storage, now, randomBytes, onError })
}

export interface Recomposed {
  readonly publicUrl: string
  readonly logos: Logos
}

/**
 * Makes the parts of another configuration beside the parts that a reload keeps: storage, keys, limits, caches of what was verified. Tokens
 * that identical requests share are dropped, because a shared one may live longer than the new settings allow.
 */
export function recomposeDeps(loaded: LoadedConfig, running: Deps, { publicUrl, logos }: Recomposed): Deps {
  const { storage, hashing, now } = running
  const registries = composeRegistries(loaded, { storage, publicUrl, hashing })
  const recentTokens = new RecentTokens({ storage, now })
  return { ...running, ...registries, ...{ publicUrl, logos, recentTokens }, settings: loaded.config }
}

function composeSignIns({ config }: LoadedConfig, options: ComposeOptions): SignIns {
  const { platform, storage, now, randomBytes, limitSettings = config.limits } = options
  const { hashing, passwordHash, cores, monotonic } = platform
  const key = new LimitKey({ storage, randomBytes })
  return {
    ...{ now, storage },
    limits: new SignInLimits({ settings: limitSettings, ...{ storage, hashing, key, now } }),
    passwords: new Passwords({
      ...{ hashing, passwordHash, randomBytes, monotonic },
      atOnce: Math.max(1, cores - 1),
    }),
  }
}
