import { buildInfo } from '../build-info.ts'
import type { Config } from '../config/schema.ts'
import type { Log } from '../log.ts'
import { Metrics } from '../metrics/metrics.ts'
import { processSamples } from '../metrics/process-samples.ts'
import { addSamples, buildSamples, type Samples } from '../metrics/samples.ts'
import type { Platform } from '../platform/platform.ts'
import { openMetrics } from './open-metrics.ts'

/** The counters of this process. */
export interface ProcessMetrics {
  /** Undefined: metrics are off. */
  readonly counters: Metrics | undefined
  samples(): Samples
  close(): Promise<void>
}

interface StartOptions {
  readonly platform: Platform
  readonly log: Log
  /** The supervisor serves the metrics of its workers. */
  readonly isWorker: boolean
  /** The samples of a process that serves alone. */
  readonly ownSamples: () => Samples
}

/** If the configuration enables metrics, starts to count, and serves the metrics unless a supervisor does. Throws CommandError. */
export function startMetrics(
  { server }: Pick<Config, 'server'>,
  { platform, log, isWorker, ownSamples }: StartOptions,
): ProcessMetrics {
  const counters = server.metrics.enabled ? new Metrics() : undefined
  const samples = () => addSamples([counters?.samples() ?? {}, processSamples(platform.processes.usage())])
  if (!counters || isWorker) return { counters, samples, close: async () => {} }
  const collect = () => addSamples([buildSamples(buildInfo), { grantd_workers: 1 }, ownSamples(), samples()])
  const listener = openMetrics(server.metrics, collect, { platform, log })
  return { counters, samples, close: () => listener.close() }
}
