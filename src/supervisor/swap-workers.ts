import type { WorkerHandle } from './worker-handle.ts'
import type { ConfigSource, SwapResult } from './worker-messages.ts'

/** Time (ms) in which a worker prepares a configuration. A worker that takes longer hangs and is ended. */
const longestPrepare = 60_000

/** Returns which of the settings that the workers cannot change need new processes. */
export type FindNeeds = (fixed: readonly string[]) => readonly string[]

interface SwapWorkersOptions {
  /** All workers that serve. */
  readonly workers: readonly WorkerHandle[]
  readonly pause: (milliseconds: number) => Promise<void>
  /** Called before the first worker changes: a worker that starts from now on gets the new configuration. */
  readonly onAgreed: () => void
  /** With any, nothing is put in force. Default: none. */
  readonly findNeeds?: FindNeeds | undefined
}

/**
 * Puts a configuration in force in all workers, or in none: all prepare it first. In none either if the result names `newProcesses`. A
 * worker that ends meanwhile decides nothing, because the one in its place reads the configuration that is in force then.
 */
export async function swapWorkers(
  config: ConfigSource,
  { workers, pause, onAgreed, findNeeds }: SwapWorkersOptions,
): Promise<SwapResult> {
  const results = await Promise.all(workers.map((worker) => prepareInTime(worker, config, pause)))
  const refused = results.find((result) => result && !result.isTaken)
  const taken = results.find((result) => result?.isTaken)
  const newProcesses = taken?.isTaken ? (findNeeds?.(taken.fixed) ?? []) : []
  if (!taken || refused || newProcesses.length > 0) {
    for (const worker of workers) worker.send({ type: 'abort' })
    if (taken?.isTaken && !refused) return { ...taken, newProcesses }
    return refused ?? { isTaken: false, faults: ['no worker was there to prepare the configuration'] }
  }
  onAgreed()
  await Promise.all(workers.map((worker) => worker.ask({ type: 'commit' }, 'committed')))
  return taken
}

/** Gives the configuration in force to a worker that started with the one before. A worker that cannot take it is ended. */
export async function catchUp(
  worker: WorkerHandle,
  config: ConfigSource,
  pause: SwapWorkersOptions['pause'],
): Promise<void> {
  const result = await swapWorkers(config, { workers: [worker], pause, onAgreed: () => {} })
  if (!result.isTaken) worker.kill()
}

/** Undefined when the worker ended first. */
async function prepareInTime(
  worker: WorkerHandle,
  config: ConfigSource,
  pause: (milliseconds: number) => Promise<void>,
): Promise<SwapResult | undefined> {
  const late = pause(longestPrepare).then(() => 'late' as const)
  const result = await Promise.race([worker.prepare(config), late])
  if (result !== 'late') return result
  worker.kill()
  const seconds = longestPrepare / 1000
  return { isTaken: false, faults: [`worker ${worker.id} did not prepare the configuration in ${seconds} s`] }
}
