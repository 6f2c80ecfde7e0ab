import type { Samples } from '../metrics/samples.ts'
import type { StopSignal } from '../platform/platform.ts'
import { BackOff } from './back-off.ts'
import { handOver } from './hand-over.ts'
import { comparePlans, isSameService, NothingShared } from './plans.ts'
import { Renewals } from './renewals.ts'
import { keepWorker, type NextTry, type WorkerEnd } from './slot.ts'
import { orderOf, secondSignal } from './stop-order.ts'
import type { Generation, SupervisorOptions } from './supervisor-options.ts'
import { catchUp, type FindNeeds, swapWorkers } from './swap-workers.ts'
import { WorkerEnded, type WorkerHandle } from './worker-handle.ts'
import type { ConfigSource, Place, Plan, PlanResult, SwapResult } from './worker-messages.ts'

/** Number of failures in a row after which the start is given up. */
const mostFailures = 5

/**
 * Keeps the workers running. No request passes through the supervisor. The first worker of a start or a reload reads the configuration and
 * reports its plan. The others start when it is ready, so that only one worker makes keys and tables.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #code = Promise.withResolvers<number>()
  #count = 1
  /** The plan of the start; a later configuration does not change it. */
  #running: { readonly plan: Plan; readonly place: Place } | undefined
  #current: Generation | undefined
  #text: string | undefined
  #isStopping = false
  #wasReady = false
  readonly #ready = Promise.withResolvers<void>()
  /** The current change of the configuration, after all earlier ones. Never rejects. */
  #changing: Promise<unknown> = this.#ready.promise
  /** A replacement that waits for its turn. */
  #replacing: Promise<Plan | undefined> | undefined
  #isConfigRejected = false
  #restarts = 0
  readonly #renewals = new Renewals({
    exclusively: (work) => this.#exclusively(work),
    find: () => ({ workers: this.#serving, pause: (time) => this.#pause(time), log: this.#options.log }),
  })

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Runs until it is stopped, and returns the exit code. Throws NothingShared, and the errors of takePort and begin. */
  async run(): Promise<number> {
    try {
      return await Promise.race([this.#code.promise, this.#start().then(() => this.#code.promise)])
    } catch (cause) {
      if (this.#isStopping) return await this.#code.promise
      if (cause instanceof WorkerEnded) return cause.exit.code ?? 1
      throw cause
    } finally {
      // A worker that is killed from now on is not replaced.
      this.#isStopping = true
      this.#options.pool.killAll()
    }
  }

  /** Lets all workers finish. A second call ends them at once. */
  stop(signal: StopSignal): void {
    const { pool, log } = this.#options
    if (this.#isStopping) {
      this.#code.resolve(secondSignal[signal])
      return
    }
    this.#isStopping = true
    log('info', 'stopping', { signal })
    void pool.stopAll(orderOf(signal)).then(() => {
      log('info', 'stopped')
      this.#code.resolve(0)
    })
  }

  /** Does what {@link swapWorkers} does with all workers. Waits until the start and earlier changes are done. Never throws. */
  swap(config: ConfigSource, findNeeds?: FindNeeds): Promise<SwapResult> {
    return this.#exclusively(async () => {
      const generation = this.#current
      const onAgreed = () => void (generation && Object.assign(generation, { config }))
      const pause = (time: number) => this.#pause(time)
      return swapWorkers(config, { workers: this.#serving, pause, onAgreed, findNeeds })
    })
  }

  /** Lets a worker say what a configuration would change. */
  async plan(config: ConfigSource): Promise<PlanResult> {
    await this.#changing
    const [worker] = this.#serving
    return (await worker?.plan(config)) ?? { isTaken: false, faults: ['no worker was there to answer'] }
  }

  /** Tells the workers whether the newest configuration was refused. */
  noteRejected(isConfigRejected: boolean): void {
    if (isConfigRejected === this.#isConfigRejected) return
    this.#isConfigRejected = isConfigRejected
    for (const worker of this.#serving) worker.send({ type: 'note', isConfigRejected })
  }

  /** Reads the configuration again and replaces the workers by new processes. Resolves with their plan, or undefined if it failed. */
  replace(): Promise<Plan | undefined> {
    // Those who ask before it begins share one.
    this.#replacing ??= this.#exclusively(() => {
      this.#replacing = undefined
      return this.#replaceAll()
    })
    return this.#replacing
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#changing.then(work)
    this.#changing = result.catch(() => {})
    return result
  }

  /** The metrics of the workers themselves. */
  samples(): Samples {
    return {
      grantd_workers: this.#serving.length,
      grantd_worker_restarts_total: this.#restarts,
    }
  }

  async #start(): Promise<void> {
    const { readConfig, takePort, begin } = this.#options
    const config = await readConfig()
    const { first, plan } = await this.#findPlan(config)
    this.#count = this.#countFor(plan)
    const port = await takePort(plan)
    this.#running = { plan, place: { host: plan.host, port, workers: this.#count } }
    begin(plan, this.#running.place)
    const generation: Generation = { config, plan, workers: new Set() }
    this.#current = generation
    this.#text = await this.#join(generation, first)
    this.#noteReady()
    void this.#keep(generation, first)
    for (let others = this.#count - 1; others > 0; others--) void this.#keep(generation, undefined)
  }

  /** Starts the first worker, and starts it again if it crashes. A worker that refuses to start has printed the reason. */
  async #findPlan(config: ConfigSource): Promise<{ first: WorkerHandle; plan: Plan }> {
    const backOff = new BackOff()
    for (;;) {
      const first = this.#options.pool.start(config, { isQuiet: false })
      try {
        return { first, plan: await first.planned }
      } catch (cause) {
        const isCrash = cause instanceof WorkerEnded && cause.exit.code === undefined
        if (!isCrash || this.#isStopping) throw cause
        const next = { delay: backOff.next(0), failures: backOff.failures }
        if (!this.#noteEnd({ worker: first, exit: cause.exit, lived: 0 }, next)) throw cause
        await this.#pause(next.delay)
      }
    }
  }

  #countFor({ isShared }: Plan): number {
    const { workers, cores } = this.#options
    if (isShared) return workers === 'auto' ? cores : workers
    if (workers === 'auto' || workers === 1) return 1
    throw new NothingShared()
  }

  /** Starts a worker whose configuration and port are known. Throws {@link WorkerEnded}. */
  async #add(generation: Generation): Promise<WorkerHandle> {
    const { config } = generation
    const worker = this.#options.pool.start(config, { isQuiet: true })
    await this.#join(generation, worker)
    if (this.#isConfigRejected) worker.send({ type: 'note', isConfigRejected: true })
    // The configuration changed while the worker started with the one before.
    if (generation.config !== config)
      void this.#exclusively(() => catchUp(worker, generation.config, (time) => this.#pause(time)))
    return worker
  }

  /** Lets a worker listen once it knows its configuration. Returns its text for people. */
  async #join({ workers, plan }: Generation, worker: WorkerHandle): Promise<string> {
    workers.add(worker)
    worker.onCertificate = (fingerprint) => this.#renewals.changed(fingerprint)
    void worker.exited.then(() => workers.delete(worker))
    if (!isSameService(await worker.planned, plan)) {
      const { id, pid } = worker
      this.#options.log('error', 'a worker read another configuration than the others', { worker: id, pid })
      worker.kill()
      throw new WorkerEnded(await worker.exited)
    }
    if (!this.#running) throw new TypeError('A worker was to listen before there was a port')
    worker.send({ type: 'listen', ...this.#running.place })
    const text = await worker.ready
    this.#noteReady()
    return text
  }

  /** Logs, once, that all workers are ready. */
  #noteReady(): void {
    const { log, announce } = this.#options
    if (this.#wasReady || this.#isStopping || this.#text === undefined || this.#serving.length < this.#count)
      return
    this.#wasReady = true
    announce(this.#text)
    log('info', 'workers are ready', { workers: this.#count })
    this.#ready.resolve()
  }

  get #serving(): WorkerHandle[] {
    return [...(this.#current?.workers ?? [])].filter(({ isServing }) => isServing)
  }

  #keep(generation: Generation, worker: WorkerHandle | undefined): Promise<void> {
    const host = {
      monotonic: this.#options.monotonic,
      pause: (milliseconds: number) => this.#pause(milliseconds),
      add: () => this.#add(generation),
      isWanted: () => !this.#isStopping && this.#current === generation,
      // A worker that began to listen meanwhile would count as a new one when the port is handed over.
      settled: async () => (this.#wasReady ? void (await this.#changing) : undefined),
      onEnd: (end: WorkerEnd, next: NextTry) => this.#noteEnd(end, next),
    }
    return keepWorker(host, worker)
  }

  #noteEnd({ worker, exit, lived, reason }: WorkerEnd, { failures, delay }: NextTry): boolean {
    const { code, signal } = exit
    const facts = { worker: worker?.id, pid: worker?.pid, code, signal, reason }
    const isLost = this.#current?.plan.isShared === false
    if (isLost || (!this.#wasReady && failures >= mostFailures)) {
      this.#options.log('error', 'a worker ended, and no other one is started', facts)
      this.#isStopping = true
      this.#code.resolve(code ?? 1)
      return false
    }
    const lived_ms = Math.round(lived)
    this.#options.log('error', 'a worker ended, another one is started', {
      ...facts,
      lived_ms,
      restart_in_ms: delay,
    })
    this.#restarts++
    return true
  }

  async #replaceAll(): Promise<Plan | undefined> {
    const { log, pool } = this.#options
    const old = this.#current
    const running = this.#running?.plan
    if (!running || !old?.plan.isShared) {
      log('error', 'the workers cannot be replaced: what is in memory would be lost; restart instead')
      return undefined
    }
    log('info', 'replacing the workers')
    const started = new Set<WorkerHandle>()
    try {
      const next = await this.#startNext(running, started)
      await this.#handOver(old, next)
      return next.plan
    } catch (cause) {
      const { code, signal } = cause instanceof WorkerEnded ? cause.exit : {}
      const reason = cause instanceof WorkerEnded || !(cause instanceof Error) ? undefined : cause.message
      log('error', 'the workers could not be replaced, the old ones stay', { code, signal, reason })
      // Stops the workers of the configuration that is not in use now.
      for (const worker of this.#current === old ? started : old.workers) void pool.stop(worker)
      return undefined
    }
  }

  /** Starts the workers of a new configuration and puts them into `workers`. Throws if not all of them serve. */
  async #startNext(running: Plan, workers: Set<WorkerHandle>): Promise<Generation> {
    const { log, readConfig, pool } = this.#options
    const config = await readConfig()
    const first = pool.start(config, { isQuiet: false })
    workers.add(first)
    const plan = await first.planned
    comparePlans(plan, running, log)
    const next: Generation = { config, plan, workers }
    await this.#join(next, first)
    const others = Array.from({ length: this.#count - 1 }, () => this.#add(next))
    const all = [first, ...(await Promise.all(others))]
    // A worker may have ended while the others started, and no slot replaces it yet.
    const lost = all.find(({ isServing }) => !isServing)
    if (lost) throw new WorkerEnded(await lost.exited)
    return next
  }

  async #handOver(old: Generation, next: Generation): Promise<void> {
    const { log, pool } = this.#options
    this.#renewals.forget()
    this.#current = next
    for (const worker of next.workers) void this.#keep(next, worker)
    const pause = (milliseconds: number) => this.#pause(milliseconds)
    const serving = ({ workers }: Generation) => [...workers].filter(({ isServing }) => isServing)
    const isSteered = await handOver({ old: serving(old), next: serving(next), pause })
    for (const worker of old.workers) void pool.stop(worker)
    log('info', 'replaced the workers', { workers: next.workers.size, steered: isSteered })
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#options.after(milliseconds, resolve))
  }
}
