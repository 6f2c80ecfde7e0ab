import type { Config } from '../../config/schema.ts'
import { processSamples } from '../../metrics/process-samples.ts'
import type { ProcessStatus } from '../../metrics/process-status.ts'
import type { Samples } from '../../metrics/samples.ts'
import type { OwnMetrics, ProcessMetricsOptions, WatchedParts } from './process-metrics.ts'

/** The metrics of this process. What measures is loaded only where the configuration enables metrics, to keep the start short. */
export async function openOwnMetrics(
  address: Config['server']['metrics'],
  options: ProcessMetricsOptions,
): Promise<OwnMetrics> {
  if (!address.enabled) return new NoMetrics(options)
  const { ProcessMetrics } = await import('./process-metrics.ts')
  return new ProcessMetrics(address, options)
}

/** Measures nothing, and tells what the system knows of the process. */
class NoMetrics implements OwnMetrics {
  readonly counters = undefined
  readonly storageMeter = undefined
  readonly #platform: ProcessMetricsOptions['platform']
  #parts: WatchedParts | undefined

  constructor({ platform }: ProcessMetricsOptions) {
    this.#platform = platform
  }

  overhear: OwnMetrics['overhear'] = (log) => log

  open(): void {}

  watch(parts: WatchedParts): void {
    this.#parts = parts
  }

  samples(): Samples {
    return processSamples(this.#platform.processes.usage())
  }

  async status(): Promise<ProcessStatus> {
    // Loaded at its use, to keep the start short.
    const { readStatus } = await import('./process-metrics.ts')
    return readStatus(this.#parts, [], this.#platform)
  }

  async close(): Promise<void> {}
}
