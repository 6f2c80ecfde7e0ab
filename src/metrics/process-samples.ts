import type { ProcessUsage } from '../platform/processes.ts'
import type { Samples } from './samples.ts'

/** Processor time and memory of one process, under the names that Prometheus uses. */
export function processSamples({ cpuSeconds, residentBytes }: ProcessUsage): Samples {
  return { process_cpu_seconds_total: cpuSeconds, process_resident_memory_bytes: residentBytes }
}
