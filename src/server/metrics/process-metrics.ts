import { buildInfo } from '../../build-info.ts'
import type { ServiceSettings } from '../../config/schema.ts'
import type { Log } from '../../log.ts'
import { FaultRing } from '../../metrics/fault-ring.ts'
import { LoopDelay } from '../../metrics/loop-delay.ts'
import { Metrics } from '../../metrics/metrics.ts'
import { processSamples } from '../../metrics/process-samples.ts'
import type { ProcessStatus } from '../../metrics/process-status.ts'
import type { ReloadLog } from '../../metrics/reload-log.ts'
import { addSamples, buildSamples, type Samples } from '../../metrics/samples.ts'
import type { MetricsAddress, StatusPath } from '../../metrics/serve-metrics.ts'
import { StorageTimes } from '../../metrics/storage-times.ts'
import type { Listener } from '../../platform/network.ts'
import type { Platform } from '../../platform/platform.ts'
import { openMetrics } from './open-metrics.ts'
import { measureStorage, type Sources, sourceSamples } from './sources.ts'

export interface ProcessMetricsOptions {
  readonly platform: Platform
  /** The supervisor serves the metrics of its workers. */
  readonly isWorker: boolean
}

/** The parts that tell numbers, and the configuration in force. */
export interface WatchedParts extends Sources {
  readonly config: () => Pick<ServiceSettings, 'limits' | 'server'>
}

/** What open-own-metrics.ts opens, whether or not metrics are on. */
export interface OwnMetrics {
  /** Undefined: metrics are off, and nothing is counted. */
  readonly counters: Metrics | undefined
  readonly storageMeter: StorageTimes | undefined
  /** A log that keeps its last warnings and errors for the status page too. */
  overhear(log: Log): Log
  /** Begins to measure, and serves the metrics unless a supervisor does. Throws CommandError. */
  open(parts: { readonly log: Log; readonly reloads: ReloadLog }): void
  /** Adds what the parts of the server tell, once they are there. */
  watch(sources: WatchedParts): void
  /** The samples of this process alone. */
  samples(): Samples
  status(): Promise<ProcessStatus>
  close(): Promise<void>
}

/** The metrics and the status of this process. */
export class ProcessMetrics implements OwnMetrics {
  readonly counters = new Metrics()
  readonly storageMeter: StorageTimes
  readonly #address: MetricsAddress
  readonly #options: ProcessMetricsOptions
  readonly #faults: FaultRing
  readonly #delay: LoopDelay
  #sources: WatchedParts | undefined
  #listener: Listener | undefined

  constructor(address: MetricsAddress, options: ProcessMetricsOptions) {
    const { platform } = options
    this.#address = address
    this.#options = options
    this.storageMeter = new StorageTimes(platform.now)
    this.#faults = new FaultRing(platform.now)
    this.#delay = new LoopDelay(platform)
  }

  overhear(log: Log): Log {
    return (level, message, fields) => {
      if (level === 'warn' || level === 'error') this.#faults.note(level, message, fields)
      log(level, message, fields)
    }
  }

  open({ log, reloads }: { readonly log: Log; readonly reloads: ReloadLog }): void {
    const { platform, isWorker } = this.#options
    this.#delay.start()
    if (isWorker) return
    const answers = {
      collect: () => this.#allSamples(reloads),
      renderStatus: (path: StatusPath) => this.#renderStatus(path, reloads),
    }
    this.#listener = openMetrics(this.#address, answers, { platform, log })
  }

  watch(sources: WatchedParts): void {
    this.#sources = sources
  }

  samples(): Samples {
    const { processes } = this.#options.platform
    return addSamples([
      this.counters.samples(),
      this.storageMeter.samples(),
      this.#delay.samples(),
      this.#sources ? sourceSamples(this.#sources) : {},
      processSamples(processes.usage(), processes.state()),
    ])
  }

  status(): Promise<ProcessStatus> {
    return readStatus(this.#sources, this.#faults.list(), this.#options.platform)
  }

  async close(): Promise<void> {
    this.#delay.stop()
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

/** The status of this process; `sources` is undefined before the parts of the server are there. */
export async function readStatus(
  sources: WatchedParts | undefined,
  faults: ProcessStatus['faults'],
  { processes, monotonic }: Pick<Platform, 'processes' | 'monotonic'>,
): Promise<ProcessStatus> {
  return {
    pid: processes.pid,
    startedAt: processes.state().startedAt,
    residentBytes: processes.usage().residentBytes,
    storage: await measureStorage(sources?.storage, monotonic),
    faults,
    limits: sources ? limitsOf(sources.config()) : {},
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
