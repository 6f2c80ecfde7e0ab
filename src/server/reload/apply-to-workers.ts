import { findKept } from '../../supervisor/plans.ts'
import type { Supervisor } from '../../supervisor/supervisor.ts'
import type { ConfigSource, Plan, PlanResult, SwapResult } from '../../supervisor/worker-messages.ts'
import { findNeeds, splitFixed } from './fixed-settings.ts'

/** Characters. Reading a longer configuration holds the requests of a process up for a quarter of a second and more. */
const largeText = 1024 * 1024

interface Workers {
  readonly supervisor: Pick<Supervisor, 'swap' | 'replace'>
  /** Returns the plan of the start; undefined before there is one. */
  readonly findRunning: () => Plan | undefined
}

/**
 * Puts a configuration in force in all workers. New processes take over where the workers cannot change a setting, and for a large
 * configuration, which they read while the old ones serve; but never where what is in memory would be lost.
 */
export async function applyToWorkers(source: ConfigSource, workers: Workers): Promise<SwapResult> {
  const { supervisor, findRunning } = workers
  const isShared = () => findRunning()?.isShared === true
  if (isShared() && lengthOf(source) > largeText) return replaceWorkers([], workers)
  const result = await supervisor.swap(source, (fixed) => (isShared() ? findNeeds(fixed) : []))
  if (!result.isTaken || !result.newProcesses?.length) return result
  const replaced = await replaceWorkers(result.newProcesses, workers)
  return replaced.isTaken ? { ...replaced, warnings: result.warnings } : replaced
}

async function replaceWorkers(
  newProcesses: readonly string[],
  { supervisor, findRunning }: Workers,
): Promise<SwapResult> {
  const plan = await supervisor.replace()
  const running = findRunning()
  if (plan && running)
    return { isTaken: true, fixed: findKept(plan, running), newProcesses, warnings: [], watch: plan.watch }
  const fault = 'the faults are on standard error of the server, and grantd check shows them'
  return { isTaken: false, faults: [fault] }
}

/** What a configuration would change in a server with workers. */
export function planForWorkers(result: PlanResult, running: Plan | undefined): PlanResult {
  return result.isTaken && running?.isShared ? splitFixed(result) : result
}

function lengthOf({ text, inclusion }: ConfigSource): number {
  return (inclusion?.files ?? []).reduce((sum, file) => sum + file.text.length, text?.length ?? 0)
}
