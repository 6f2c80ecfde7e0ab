import { buildInfo } from '../../build-info.ts'
import type { Config, ServiceSettings } from '../../config/schema.ts'
import type { Log } from '../../log.ts'
import { FaultRing } from '../../metrics/fault-ring.ts'
import { LoopDelay } from '../../metrics/loop-delay.ts'
import { Metrics } from '../../metrics/metrics.ts'
import { processSamples } from '../../metrics/process-samples.ts'
import type { ProcessStatus } from '../../metrics/process-status.ts'
import type { ReloadLog } from '../../metrics/reload-log.ts'
import { addSamples, buildSamples, type Samples } from '../../metrics/samples.ts'
import type { StatusPath } from '../../metrics/serve-metrics.ts'
import { StorageTimes } from '../../metrics/storage-times.ts'
import type { Listener } from '../../platform/network.ts'
import type { Platform } from '../../platform/platform.ts'
import { openMetrics } from './open-metrics.ts'
import { measureStorage, type Sources, sourceSamples } from './sources.ts'

/** What a process measures when metrics are on. */
interface Meters {
  readonly counters: Metrics
  readonly storage: StorageTimes
  readonly faults: FaultRing
  readonly delay: LoopDelay
}

export interface ProcessMetricsOptions {
  readonly platform: Platform
  /** The supervisor serves the metrics of its workers. */
  readonly isWorker: boolean
}

/** The parts that tell numbers, and the configuration in force. */
export interface WatchedParts extends Sources {
  readonly config: () => Pick<ServiceSettings, 'limits' | 'server'>
}

/** The metrics and the status of this process. Measures nothing if the configuration does not enable metrics. */
export class ProcessMetrics {
  readonly #address: Config['server']['metrics']
  readonly #options: ProcessMetricsOptions
  readonly #meters: Meters | undefined
  #sources: WatchedParts | undefined
  #listener: Listener | undefined

  constructor(address: Config['server']['metrics'], options: ProcessMetricsOptions) {
    const { platform } = options
    this.#address = address
    this.#options = options
    if (address.enabled)
      this.#meters = {
        counters: new Metrics(),
        storage: new StorageTimes(platform.now),
        faults: new FaultRing(platform.now),
        delay: new LoopDelay(platform),
      }
  }

  /** Undefined: metrics are off, and nothing is counted. */
  get counters(): Metrics | undefined {
    return this.#meters?.counters
  }

  get storageMeter(): StorageTimes | undefined {
    return this.#meters?.storage
  }

  /** A log that keeps its last warnings and errors for the status page too. */
  overhear(log: Log): Log {
    const faults = this.#meters?.faults
    if (!faults) return log
    return (level, message, fields) => {
      if (level === 'warn' || level === 'error') faults.note(level, message, fields)
      log(level, message, fields)
    }
  }

  /** Begins to measure, and serves the metrics unless a supervisor does. Throws CommandError. */
  open({ log, reloads }: { readonly log: Log; readonly reloads: ReloadLog }): void {
    const { platform, isWorker } = this.#options
    if (!this.#meters) return
    this.#meters.delay.start()
    if (isWorker) return
    const answers = {
      collect: () => this.#allSamples(reloads),
      renderStatus: (path: StatusPath) => this.#renderStatus(path, reloads),
    }
    this.#listener = openMetrics(this.#address, answers, { platform, log })
  }

  /** Adds what the parts of the server tell, once they are there. */
  watch(sources: WatchedParts): void {
    this.#sources = sources
  }

  /** The samples of this process alone. */
  samples(): Samples {
    const { processes } = this.#options.platform
    const own = this.#meters
    if (!own) return processSamples(processes.usage())
    return addSamples([
      own.counters.samples(),
      own.storage.samples(),
      own.delay.samples(),
      this.#sources ? sourceSamples(this.#sources) : {},
      processSamples(processes.usage(), processes.state()),
    ])
  }

  async status(): Promise<ProcessStatus> {
    const { processes, monotonic } = this.#options.platform
    return {
      pid: processes.pid,
      startedAt: processes.state().startedAt,
      residentBytes: processes.usage().residentBytes,
      storage: await measureStorage(this.#sources?.storage, monotonic),
      faults: this.#meters?.faults.list() ?? [],
      limits: this.#sources ? limitsOf(this.#sources.config()) : {},
    }
  }

  async close(): Promise<void> {
    this.#meters?.delay.stop()
    await this.#listener?.close()
  }

  #allSamples(reloads: ReloadLog): Samples {
    return addSamples([buildSamples(buildInfo), { grantd_workers: 1 }, reloads.samples(), this.samples()])
  }

  async #renderStatus(path: StatusPath, reloads: ReloadLog): Promise<Response> {
    const status = await this.status()
    const process = { id: null, pid: status.pid, state: 'serving', status } as const
    // Loaded at its use, to keep the start short.
    const { renderStatus } = await import('./answer-status.ts')
    return renderStatus(path, {
      now: this.#options.platform.now(),
      build: buildInfo,
      supervisor: undefined,
      processes: [process],
      samples: this.#allSamples(reloads),
      reloads,
    })
  }
}

/** The limits by their names in config.yaml. */
function limitsOf({ limits, server }: Pick<ServiceSettings, 'limits' | 'server'>): Record<string, string> {
  const ofConnections = Object.entries(server.connections).map(
    ([name, value]) => [`connections.${name}`, value] as const,
  )
  return Object.fromEntries(
    [...Object.entries(limits), ...ofConnections].map(([name, value]) => [name, sayLimit(name, value)]),
  )
}

function sayLimit(name: string, value: unknown): string {
  if (value === null) return 'no limit'
  return /_(?:backoff|delay|time)$/.test(name) ? `${value} s` : String(value)
}
