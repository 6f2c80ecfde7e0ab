import type { Supervisor } from '../../supervisor/supervisor.ts'
import type { ConfigSource, SwapResult } from '../../supervisor/worker-messages.ts'

/** Characters. Reading a longer configuration holds the requests of a process up for a quarter of a second and more. */
const largeText = 1024 * 1024

/**
 * Puts a configuration in force in all workers. For a large one, new workers read it while the old ones serve, unless what is in memory
 * would be lost with them.
 */
export async function applyToWorkers(
  source: ConfigSource,
  { supervisor, isShared }: { supervisor: Pick<Supervisor, 'swap' | 'replace'>; isShared: boolean },
): Promise<SwapResult> {
  if (!isShared || lengthOf(source) <= largeText) return supervisor.swap(source)
  const plan = await supervisor.replace()
  if (plan) return { isTaken: true, fixed: [], warnings: [], watch: plan.watch }
  const fault = 'the faults are on standard error of the server, and grantd check shows them'
  return { isTaken: false, faults: [fault] }
}

function lengthOf({ text, inclusion }: ConfigSource): number {
  return (inclusion?.files ?? []).reduce((sum, file) => sum + file.text.length, text?.length ?? 0)
}
