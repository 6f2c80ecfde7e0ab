import type { Log } from '../log.ts'
import type { MetricsSum } from '../metrics/metrics-sum.ts'
import type { ProcessStatus } from '../metrics/process-status.ts'
import type { ChildProcess } from '../platform/processes.ts'
import { WorkerHandle } from './worker-handle.ts'
import { type ConfigSource, workerVariable } from './worker-messages.ts'

export interface WorkerPoolOptions {
  readonly log: Log
  readonly startAgain: (environment: Readonly<Record<string, string>>) => ChildProcess
  readonly after: (milliseconds: number, callback: () => void) => () => void
  readonly sum: MetricsSum
}

export interface SurveyedWorker {
  readonly worker: WorkerHandle
  readonly status: ProcessStatus | undefined
}

/** Time (ms) in which a worker has to be ready; it may have to make many keys. */
const longestStart = 120_000
/** Time (ms) in which a worker has to end. A worker drops its last answers earlier than that. */
const longestStop = 15_000

/** All worker processes, also those that are stopping. */
export class WorkerPool {
  readonly #options: WorkerPoolOptions
  readonly #workers = new Set<WorkerHandle>()
  #lastId = 0
  #isStopped = false

  constructor(options: WorkerPoolOptions) {
    this.#options = options
  }

  /** Starts a worker with the given configuration. A quiet worker prints no warning. */
  start(config: ConfigSource, { isQuiet }: { isQuiet: boolean }): WorkerHandle {
    const { startAgain, log, sum } = this.#options
    const id = ++this.#lastId
    const worker = new WorkerHandle(id, startAgain({ [workerVariable]: String(id) }))
    this.#workers.add(worker)
    worker.onSamples = (samples) => sum.report(id, samples)
    const cancel = this.#killAfter(longestStart, worker, () => {
      log('error', 'a worker was not ready in time', { worker: id, pid: worker.pid })
    })
    void worker.ready.then(cancel, cancel)
    void worker.exited.then(() => {
      this.#workers.delete(worker)
      sum.end(id)
    })
    worker.send({ type: 'begin', config, isQuiet })
    if (this.#isStopped) this.stop(worker)
    return worker
  }

  /** Lets a worker finish its requests, with `keepServing` after its shutdown delay. Resolves when it has ended. */
  async stop(worker: WorkerHandle, { keepServing = false } = {}): Promise<void> {
    worker.send({ type: 'stop', keepServing })
    const longest = longestStop + (keepServing ? worker.shutdownDelay : 0)
    const cancel = this.#killAfter(longest, worker, () => {
      this.#options.log('error', 'a worker did not stop in time', { worker: worker.id, pid: worker.pid })
    })
    await worker.exited
    cancel()
  }

  /** Stops every worker, also those that are started from now on. */
  async stopAll({ keepServing }: { keepServing: boolean }): Promise<void> {
    this.#isStopped = true
    await Promise.all([...this.#workers].map((worker) => this.stop(worker, { keepServing })))
  }

  killAll(): void {
    for (const worker of this.#workers) worker.kill()
  }

  /** Asks every worker for its samples. If a worker does not answer within a second, its previous samples stay. */
  collect(): Promise<void> {
    return this.#askAll((worker) => worker.askSamples())
  }

  /** Asks every worker for its status. One that starts, or does not answer within a second, has none. */
  async survey(): Promise<readonly SurveyedWorker[]> {
    const workers = [...this.#workers]
    const told = new Map<WorkerHandle, ProcessStatus | undefined>()
    await this.#askAll(async (worker) => told.set(worker, await worker.askStatus()))
    return workers.map((worker) => ({ worker, status: told.get(worker) }))
  }

  async #askAll(ask: (worker: WorkerHandle) => Promise<unknown>): Promise<void> {
    const { promise: isLate, resolve } = Promise.withResolvers<void>()
    const cancel = this.#options.after(1000, resolve)
    await Promise.race([Promise.all([...this.#workers].map(ask)), isLate])
    cancel()
  }

  #killAfter(milliseconds: number, worker: WorkerHandle, tell: () => void): () => void {
    return this.#options.after(milliseconds, () => {
      tell()
      worker.kill()
    })
  }
}
