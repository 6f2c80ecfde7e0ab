import type { ProcessUsage } from '../platform/processes.ts'
import type { Samples } from './samples.ts'

/** What one process takes, under the names that Prometheus has for it. */
export function processSamples({ cpuSeconds, residentBytes }: ProcessUsage): Samples {
  return { process_cpu_seconds_total: cpuSeconds, process_resident_memory_bytes: residentBytes }
}
