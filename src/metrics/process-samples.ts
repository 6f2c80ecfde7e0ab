import type { ProcessState, ProcessUsage } from '../platform/processes.ts'
import type { Samples } from './samples.ts'

/** Processor time, memory and descriptors of one process, most under the names that Prometheus uses. */
export function processSamples({ cpuSeconds, residentBytes }: ProcessUsage, state?: ProcessState): Samples {
  const usage = { process_cpu_seconds_total: cpuSeconds, process_resident_memory_bytes: residentBytes }
  if (!state) return usage
  const { heapBytes, openDescriptors, mostDescriptors, startedAt } = state
  return {
    ...usage,
    grantd_heap_bytes: heapBytes,
    process_start_time_seconds: startedAt / 1000,
    ...(openDescriptors !== undefined && { process_open_fds: openDescriptors }),
    ...(mostDescriptors !== undefined && { process_max_fds: mostDescriptors }),
  }
}
