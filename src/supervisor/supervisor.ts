import type { Log } from '../log.ts'
import type { Samples } from '../metrics/samples.ts'
import type { StopSignal } from '../platform/platform.ts'
import { BackOff } from './back-off.ts'
import { handOver } from './hand-over.ts'
import { comparePlans, isSameService, NothingShared } from './plans.ts'
import { keepWorker, type NextTry, type WorkerEnd } from './slot.ts'
import { orderOf } from './stop-order.ts'
import { WorkerEnded, type WorkerHandle } from './worker-handle.ts'
import type { ConfigSource, Place, Plan } from './worker-messages.ts'
import type { WorkerPool } from './worker-pool.ts'

export interface SupervisorOptions {
  /** How many; 'auto' is `cores`, and one where workers cannot share what they keep. */
  readonly workers: number | 'auto'
  readonly cores: number
  readonly pool: WorkerPool
  readonly log: Log
  readonly after: (milliseconds: number, callback: () => void) => () => void
  readonly monotonic: () => number
  /** Finds the configuration and reads it, once for all workers of a start or a reload. */
  readonly readConfig: () => Promise<ConfigSource>
  /** Finds that the port is free and answers its number. Throws what ends the start. */
  readonly takePort: (plan: Plan) => Promise<number>
  /** Told once, before any worker takes requests. Throws what ends the start. */
  readonly begin: (plan: Plan) => void
  /** Gets the text of the first worker, once all are ready. */
  readonly announce: (text: string) => void
}

/** The workers of one configuration. */
interface Generation {
  readonly config: ConfigSource
  /** What its first worker read. */
  readonly plan: Plan
  /** Those that are ready and those that will be. */
  readonly workers: Set<WorkerHandle>
}

/** Failures in a row after which a start is given up. */
const mostFailures = 5

const secondSignal: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 }

/**
 * Keeps so many workers running, and is in the way of no request. The first worker of a start and of a reload reads the
 * configuration and says what it means; the others follow once it is ready, so that one alone makes keys and tables.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #code = Promise.withResolvers<number>()
  #count = 1
  /** What holds until the end, whatever is read later. */
  #running: { readonly plan: Plan; readonly place: Place } | undefined
  #current: Generation | undefined
  #text: string | undefined
  #isStopping = false
  #wasReady = false
  #reloading: Promise<void> | undefined
  #isReloadAsked = false
  #restarts = 0
  readonly #reloads = { ok: 0, failed: 0 }

  constructor(options: SupervisorOptions) {
    this.#options = options
  }

  /** Runs until it is stopped and answers the exit code. Throws NothingShared, and what takePort and begin throw. */
  async run(): Promise<number> {
    try {
      return await Promise.race([this.#code.promise, this.#start().then(() => this.#code.promise)])
    } catch (cause) {
      if (this.#isStopping) return await this.#code.promise
      if (cause instanceof WorkerEnded) return cause.exit.code ?? 1
      throw cause
    } finally {
      // None that is killed now gets a successor.
      this.#isStopping = true
      this.#options.pool.killAll()
    }
  }

  /** Lets all workers finish; the second call ends all at once. */
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

  /** Reads the configuration again and puts new workers in the place of the old ones; one reload runs at a time. */
  reload(): void {
    if (!this.#wasReady || this.#reloading) {
      // What was written after that one began to read is not lost.
      this.#isReloadAsked = true
      return
    }
    this.#isReloadAsked = false
    this.#reloading = this.#reload().then((isDone) => {
      this.#reloads[isDone ? 'ok' : 'failed']++
      this.#reloading = undefined
      if (this.#isReloadAsked && !this.#isStopping) this.reload()
    })
  }

  /** What is known of the workers themselves. */
  samples(): Samples {
    return {
      grantd_workers: this.#serving.length,
      grantd_worker_restarts_total: this.#restarts,
      'grantd_reloads_total{result="ok"}': this.#reloads.ok,
      'grantd_reloads_total{result="failed"}': this.#reloads.failed,
    }
  }

  async #start(): Promise<void> {
    const { readConfig, takePort, begin } = this.#options
    const config = await readConfig()
    const { first, plan } = await this.#findPlan(config)
    this.#count = this.#countFor(plan)
    const port = await takePort(plan)
    this.#running = { plan, place: { host: plan.host, port, workers: this.#count } }
    begin(plan)
    const generation: Generation = { config, plan, workers: new Set() }
    this.#current = generation
    this.#text = await this.#join(generation, first)
    this.#noteReady()
    void this.#keep(generation, first)
    for (let others = this.#count - 1; others > 0; others--) void this.#keep(generation, undefined)
  }

  /** Starts the first worker. One that crashes is tried again; one that refuses has said why. */
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
    const worker = this.#options.pool.start(generation.config, { isQuiet: true })
    await this.#join(generation, worker)
    return worker
  }

  /** Lets it listen once it knows its configuration; answers its text for people. */
  async #join({ workers, plan }: Generation, worker: WorkerHandle): Promise<string> {
    workers.add(worker)
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

  /** Tells once that all are there. */
  #noteReady(): void {
    const { log, announce } = this.#options
    if (this.#wasReady || this.#isStopping || this.#text === undefined || this.#serving.length < this.#count)
      return
    this.#wasReady = true
    announce(this.#text)
    log('info', 'workers are ready', { workers: this.#count })
    if (this.#isReloadAsked) this.reload()
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
      // Who begins to listen in between would be taken for a new one when the port is handed over.
      settled: async () => this.#reloading,
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

  async #reload(): Promise<boolean> {
    const { log, pool } = this.#options
    const old = this.#current
    const running = this.#running?.plan
    if (!running || !old?.plan.isShared) {
      log('error', 'the configuration cannot be reloaded: what is in memory would be lost; restart instead')
      return false
    }
    log('info', 'reloading')
    const started = new Set<WorkerHandle>()
    try {
      const next = await this.#startNext(running, started)
      await this.#replace(old, next)
      return true
    } catch (cause) {
      const { code, signal } = cause instanceof WorkerEnded ? cause.exit : {}
      const reason = cause instanceof WorkerEnded || !(cause instanceof Error) ? undefined : cause.message
      log('error', 'the reload failed, the old configuration stays', { code, signal, reason })
      // Whatever went wrong, and when: those of one configuration are left.
      for (const worker of this.#current === old ? started : old.workers) void pool.stop(worker)
      return false
    }
  }

  /** Starts the workers of a new configuration, which are put into `workers`. Throws where not all of them serve. */
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
    // One may have ended while its siblings came up, and nobody keeps its place yet.
    const lost = all.find(({ isServing }) => !isServing)
    if (lost) throw new WorkerEnded(await lost.exited)
    return next
  }

  async #replace(old: Generation, next: Generation): Promise<void> {
    const { log, pool } = this.#options
    this.#current = next
    for (const worker of next.workers) void this.#keep(next, worker)
    const pause = (milliseconds: number) => this.#pause(milliseconds)
    const serving = ({ workers }: Generation) => [...workers].filter(({ isServing }) => isServing)
    const isSteered = await handOver({ old: serving(old), next: serving(next), pause })
    for (const worker of old.workers) void pool.stop(worker)
    log('info', 'reloaded', { workers: next.workers.size, steered: isSteered })
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.#options.after(milliseconds, resolve))
  }
}
