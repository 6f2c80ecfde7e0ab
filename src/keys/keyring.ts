import { FreshRun } from '../async/fresh-run.ts'
import { Gate, GateFull } from '../async/gate.ts'
import { KeyedRuns } from '../async/keyed-runs.ts'
import { UnavailableError } from '../protocol/errors.ts'
import { PassedDamage, type Storage } from '../storage/storage.ts'
import { type KeyCensus, takeCensus } from './key-census.ts'
import { type Entry, getSigningKey, type Moment, noteFailure, replaceRing, type Sight } from './key-entry.ts'
import { KeyOwners } from './key-owners.ts'
import { type KeyPlan, noSuchTenant } from './key-plan.ts'
import { type KeyReport, reportKeys } from './key-report.ts'
import type { KeyringOptions } from './keyring-options.ts'
import { loadOwnKey } from './material/key-file.ts'
import { OrphanFolders } from './ring/orphan-folders.ts'
import { RingOpener } from './ring/ring-opener.ts'
import { RingStore } from './ring/ring-store.ts'
import { RingWriter } from './ring/ring-writer.ts'
import { type RotateOptions, type Rotation, Rotator } from './ring/rotator.ts'
import type { VerifyingKey } from './signing-key.ts'
import { OpenedKeys, type RingWatch, type TenantKeys } from './tenant-keys.ts'
import { UnopenedTenants } from './unopened-tenants.ts'

/** Tenants that may wait for their key; one more gets 503. */
const longestQueue = 1000
/** The most steps in one call. A tenant never has so many at once. */
const mostSteps = 10

/**
 * The keys of every tenant, opened when they are first needed and then kept in memory. A key that cannot be opened is tried again at
 * the next request, so a repaired file needs no restart. {@link lookForNews} takes over the changes of other processes. A search for a
 * kid that is not in memory does this too.
 */
export class Keyring {
  /** Clears the files that killed processes left, of tenants that have no ring or do not exist. */
  readonly orphans: OrphanFolders
  readonly #options: KeyringOptions
  readonly #gate: Gate
  readonly #store: RingStore
  readonly #writer: RingWriter
  readonly #rotator: Rotator
  readonly #opener: RingOpener
  readonly #opening = new KeyedRuns<TenantKeys>()
  readonly #owners = new KeyOwners()
  readonly #entries = new Map<string, Entry>()
  readonly #watch: RingWatch<Entry> = {
    getSigning: (entry) => getSigningKey(entry, this.#sight),
    lookUp: (entry, kid) => this.#lookUp(entry, kid),
  }
  readonly #unopened: UnopenedTenants
  readonly #findHead: FreshRun<number>
  readonly #sight: Sight
  /** The number of the last change that this keyring took over. */
  #head: number | undefined
  /** Every change up to this time is known. */
  #seenAt: Moment

  constructor(options: KeyringOptions) {
    const { storage, material, host, now, longestTokenLife, findPlan, onEvent = () => {} } = options
    const owners = this.#owners
    const store = new RingStore(storage, now)
    this.#options = options
    this.#gate = new Gate(options.atOnce ?? 1, longestQueue)
    this.#store = store
    const claim = owners.claim.bind(owners)
    const ringOptions = { store, material, host, now, longestTokenLife, claim, onEvent }
    this.#writer = new RingWriter(ringOptions)
    this.orphans = new OrphanFolders({ ...options, store, writer: this.#writer })
    this.#rotator = new Rotator(ringOptions, this.#writer)
    const loadOwn = (plan: KeyPlan) => loadOwnKey(plan, host)
    this.#opener = new RingOpener({ ...ringOptions, writer: this.#writer, loadOwn })
    const isOpened = this.#isOpened.bind(this)
    this.#unopened = new UnopenedTenants({ findPlan, store, now, writer: this.#writer, isOpened })
    this.#findHead = new FreshRun(() => store.head())
    this.#sight = { isShared: store.isShared, seenAt: () => this.#seenAt, now: () => this.#moment() }
    this.#seenAt = this.#moment()
  }

  /**
   * Returns the keys of a tenant; with `generation`, of that generation of the tenant. Opened keys cost no read. Throws KeyError when the key
   * cannot be opened, StorageError, and UnavailableError when the tenant was deleted meanwhile.
   */
  async of(tenantId: string, generation?: number): Promise<TenantKeys> {
    const isIt = () => this.#entries.get(tenantId)?.ring.plan.generation === generation
    const keys = this.findOpened(tenantId) ?? (await this.#open(tenantId))
    if (generation === undefined || isIt()) return keys
    await this.refresh(tenantId)
    const again = this.findOpened(tenantId) ?? (await this.#open(tenantId))
    if (isIt()) return again
    throw new UnavailableError(`The tenant '${tenantId}' was deleted or made anew meanwhile`)
  }

  /** What {@link of} returns for an opened tenant, without a promise; undefined for a tenant that is not opened. */
  findOpened(tenantId: string): TenantKeys | undefined {
    return this.#entries.get(tenantId)?.keys
  }

  #open(tenantId: string): Promise<TenantKeys> {
    return this.#opening.run(tenantId, (isWanted) => this.#openNow(tenantId, isWanted))
  }

  async #openNow(tenantId: string, isWanted: () => boolean): Promise<TenantKeys> {
    const plan = await this.#getPlan(tenantId)
    const head = this.#head ?? 0
    const seenAt = this.#moment()
    const opening = this.#inTurn(() => this.#opener.open(plan))
    const { ring, opened } = await this.#unopened.watch(tenantId, opening)
    const entry: Entry = { ring, head, seenAt, failingSince: undefined, refresh: undefined, keys: undefined }
    entry.keys = this.#keysOf(entry)
    // A tenant that was forgotten meanwhile is not kept: only the callers who already wait get these keys.
    if (isWanted()) this.#entries.set(tenantId, entry)
    this.#unopened.forget(tenantId)
    this.#options.onOpened?.(plan, opened)
    return entry.keys
  }

  /** Making a key keeps a core busy. Requests for many tenants at once must not take all cores. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#gate.run(work)
    } catch (cause) {
      if (!(cause instanceof GateFull)) throw cause
      throw new UnavailableError('Too many keys are being opened', { cause })
    }
  }

  async #getPlan(tenantId: string): Promise<KeyPlan> {
    const plan = await this.#options.findPlan(tenantId)
    if (plan) return plan
    throw noSuchTenant({ tenantId })
  }

  #keysOf(entry: Entry): TenantKeys {
    const { published, plan } = entry.ring
    return new OpenedKeys({ opened: entry, published, jwksMaxAge: plan.jwksMaxAge, watch: this.#watch })
  }

  /**
   * A kid that is not in memory may belong to a key that another process made a moment ago. One small read for all callers of the same
   * time says whether anything changed, so invented kids cost almost nothing.
   */
  async #lookUp(entry: Entry, kid: string): Promise<VerifyingKey | undefined> {
    if (entry.ring.plan.file !== null) return undefined
    if ((await this.#findHead.run()) !== entry.head) await this.#refreshOf(entry).run()
    return entry.ring.published.find((key) => key.kid === kid)
  }

  /** Reads the ring and the plan of an opened tenant again, no earlier than at this call. Throws StorageError. */
  async refresh(tenantId: string): Promise<void> {
    await this.#opening.get(tenantId)?.catch(() => {})
    const entry = this.#entries.get(tenantId)
    if (entry) await this.#refreshOf(entry).run()
  }

  #refreshOf(entry: Entry): FreshRun<void> {
    entry.refresh ??= new FreshRun(() => this.#refreshNow(entry.ring.plan.tenantId))
    return entry.refresh
  }

  #isOpened(tenantId: string): boolean {
    return this.#entries.has(tenantId) || this.#opening.get(tenantId) !== undefined
  }

  async #refreshNow(tenantId: string): Promise<void> {
    const entry = this.#entries.get(tenantId)
    if (!entry) return
    const seenAt = this.#moment()
    const head = await this.#store.head()
    const plan = await this.#options.findPlan(tenantId)
    // A key file of the operator is read only once.
    if (plan && plan.file !== null && plan.file === entry.ring.plan.file) return
    const ring = plan && plan.file === null ? await this.#opener.reopen(plan, entry.ring) : undefined
    if (this.#entries.get(tenantId) !== entry) return
    if (!ring) return this.forget(tenantId)
    const { published, plan: lastPlan } = entry.ring
    replaceRing(entry, { ring, head, seenAt })
    const isChanged = ring.published !== published || ring.plan.jwksMaxAge !== lastPlan.jwksMaxAge
    if (isChanged) entry.keys = this.#keysOf(entry)
  }

  /** Drops the keys of a tenant from memory; its next use opens them again. */
  forget(tenantId: string): void {
    this.release(tenantId)()
  }

  /** Like {@link forget}, for a tenant whose settings changed. The returned function frees the signing key; requests that hold it can sign until then. */
  release(tenantId: string): () => void {
    const entry = this.#entries.get(tenantId)
    this.#unopened.forget(tenantId)
    this.#opening.forget(tenantId)
    this.#entries.delete(tenantId)
    this.#owners.release(tenantId)
    return () => entry?.ring.signing?.signer.close()
  }

  /**
   * Takes over the changes of other processes, for opened tenants. Throws StorageError when the changes cannot be read, and KeyError
   * when a new key cannot be opened.
   */
  async lookForNews(): Promise<void> {
    const seenAt = this.#moment()
    const news = await this.#store.findNews(this.#head ?? 0)
    const changed = news.tenants === 'all' ? this.#entries.keys() : news.tenants
    const failing = this.#findFailing().map(({ ring }) => ring.plan.tenantId)
    // One damaged ring must not hide the news of all others. It is read again each time until it is repaired.
    const damage = new PassedDamage()
    for (const id of new Set([...changed, ...failing]))
      await this.#lookAgain(id).catch((cause) =>
        noteFailure(this.#entries.get(id), { failure: damage.pass(cause), seenAt }),
      )
    this.#head = news.head
    this.#seenAt = seenAt
    const [failed] = this.#findFailing()
    if (failed) throw failed.ring.failure
    damage.throwFirst()
  }

  #findFailing(): Entry[] {
    return [...this.#entries.values()].filter(({ failingSince }) => failingSince)
  }

  #lookAgain(tenantId: string): Promise<void> {
    return this.#isOpened(tenantId) ? this.refresh(tenantId) : this.survey(tenantId)
  }

  /** Counts over the opened and surveyed tenants, for metrics. */
  takeCensus(now = this.#options.now()): KeyCensus {
    return takeCensus({ opened: this.#entries, surveyed: this.#unopened, queue: this.#gate, now })
  }

  /** Returns the opened and surveyed tenants that have a step due, in no order. */
  findDue(): string[] {
    const now = this.#options.now()
    const opened = [...this.#entries].filter(([, { ring }]) => ring.dueAt <= now)
    return [...opened.map(([id]) => id), ...this.#unopened.findDue()]
  }

  /** Takes the steps of a tenant that are due and that no other process takes. Returns how many. */
  async takeDueSteps(tenantId: string): Promise<number> {
    const plan = await this.#options.findPlan(tenantId)
    let count = 0
    if (plan?.file === null) while (count < mostSteps && (await this.#rotator.takeStep(plan))) count++
    await this.#lookAgain(tenantId)
    return count
  }

  /** Makes the next search for due steps look at every tenant again. Call it after the clock was set. */
  reconsider(): void {
    this.#unopened.reconsider()
    for (const entry of this.#entries.values())
      if (entry.ring.plan.file === null) entry.ring = { ...entry.ring, dueAt: 0 }
  }

  /** Finds out when an unused tenant has a step due; see {@link UnopenedTenants.survey}. */
  survey(tenantId: string): Promise<void> {
    return this.#unopened.survey(tenantId)
  }

  /** See {@link Rotator.rotate}. Throws RotationError for a key of the operator. This process sees the result at the next look for news. */
  async rotate(tenantId: string, options: RotateOptions): Promise<Rotation> {
    const plan = await this.#getPlan(tenantId)
    const rotation = await this.#inTurn(() => this.#rotator.rotate(plan, options))
    await this.refresh(tenantId).catch(() => {})
    return rotation
  }

  /** The keys of a tenant and the coming steps, for people to read; see {@link reportKeys}. */
  async report(tenantId: string, { withPrivate }: { withPrivate: boolean }): Promise<KeyReport> {
    const plan = await this.#getPlan(tenantId)
    return reportKeys(plan, { ...this.#options, store: this.#store, withPrivate })
  }

  /** See {@link RingStore.tellWith}: for a change of the settings of a tenant. */
  tellWith<T>(tenantId: string, change: (inside: Storage) => Promise<T>): Promise<T> {
    return this.#store.tellWith(tenantId, change)
  }

  /** Takes over changed settings at once. Without this call, it happens at the next look for news, and before a key changes. */
  async replan(tenantId: string): Promise<void> {
    const plan = await this.#getPlan(tenantId)
    const stored = plan.file === null ? await this.#store.find(tenantId) : undefined
    if (stored) await this.#writer.prepare(plan, stored)
    await this.refresh(tenantId)
  }

  /** Destroys the keys of a deleted tenant. Their tokens are never valid again, not even for a new tenant with the same id. */
  async destroy(tenantId: string): Promise<void> {
    await this.#rotator.removeAll(await this.#getPlan(tenantId))
    this.forget(tenantId)
  }

  /** Destroys private halves that an earlier tenant left under the id of a new tenant. Otherwise the new tenant would use them. */
  async clear(tenantId: string): Promise<void> {
    const isThere = async () => (await this.#options.findPlan(tenantId)) !== undefined
    await this.#rotator.removeLeft({ tenantId, folder: this.#options.folderOf(tenantId) }, isThere)
    this.forget(tenantId)
  }

  #moment(): Moment {
    return { now: this.#options.now(), monotonic: this.#options.monotonic() }
  }
}
