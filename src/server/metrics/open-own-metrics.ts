import { processSamples } from '../../metrics/process-samples.ts'
import type { ProcessMetrics, ProcessMetricsOptions, WatchedParts } from './process-metrics.ts'

/** See {@link ProcessMetrics}. */
export type OwnMetrics = Pick<ProcessMetrics, keyof ProcessMetrics>

type Address = ConstructorParameters<typeof ProcessMetrics>[0]

/** The metrics of this process. What measures is loaded only where the configuration enables metrics, to keep the start short. */
export async function openOwnMetrics(address: Address, options: ProcessMetricsOptions): Promise<OwnMetrics> {
  if (!address.enabled) return new NoMetrics(address, options)
  const { ProcessMetrics } = await import('./process-metrics.ts')
  return new ProcessMetrics(address, options)
}

/** Measures nothing, and tells what the system knows of the process. */
class NoMetrics implements OwnMetrics {
  readonly counters = undefined
  readonly storageMeter = undefined
  readonly #address: Address
  readonly #options: ProcessMetricsOptions
  #parts: WatchedParts | undefined

  constructor(address: Address, options: ProcessMetricsOptions) {
    this.#address = address
    this.#options = options
  }

  overhear: OwnMetrics['overhear'] = (log) => log

  open(): void {}

  watch(parts: WatchedParts): void {
    this.#parts = parts
  }

  samples(): ReturnType<OwnMetrics['samples']> {
    return processSamples(this.#options.platform.processes.usage())
  }

  async status(): ReturnType<OwnMetrics['status']> {
    // Loaded at its use, to keep the start short.
    const { ProcessMetrics } = await import('./process-metrics.ts')
    const metrics = new ProcessMetrics(this.#address, this.#options)
    if (this.#parts) metrics.watch(this.#parts)
    return metrics.status()
  }

  async close(): Promise<void> {}
}
