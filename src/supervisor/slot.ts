import type { Exit } from '../platform/processes.ts'
import { BackOff } from './back-off.ts'
import { WorkerEnded, type WorkerHandle } from './worker-handle.ts'

/** The dependencies of a slot for one worker. */
export interface SlotHost {
  readonly monotonic: () => number
  readonly pause: (milliseconds: number) => Promise<void>
  /** Starts a worker and waits until it is ready. Throws {@link WorkerEnded}. */
  readonly add: () => Promise<WorkerHandle>
  /** Whether a worker is still wanted here. */
  readonly isWanted: () => boolean
  /** Resolves when one more worker may begin to listen. */
  readonly settled: () => Promise<void>
  /** Called when a worker ended without an order. If it returns false, no other worker is started. */
  readonly onEnd: (end: WorkerEnd, next: NextTry) => boolean
}

export interface WorkerEnd {
  /** Undefined: the worker was never ready. */
  readonly worker: WorkerHandle | undefined
  readonly exit: Exit
  /** Milliseconds for which the worker was ready. */
  readonly lived: number
  /** The reason why the worker could not be started. */
  readonly reason?: string
}

export interface NextTry {
  /** Number of ends in a row. */
  readonly failures: number
  /** Milliseconds until another worker is started. */
  readonly delay: number
}

/** Keeps a worker in a slot as long as one is wanted. Starts another worker when one ends. */
export async function keepWorker(host: SlotHost, first: WorkerHandle | undefined): Promise<void> {
  const backOff = new BackOff()
  let worker = first
  while (host.isWanted()) {
    const end = await liveOnce(host, worker)
    worker = undefined
    if (end.worker?.isToldToGo || !host.isWanted()) return
    const delay = backOff.next(end.lived)
    if (!host.onEnd(end, { failures: backOff.failures, delay })) return
    await host.pause(delay)
    await host.settled()
  }
}

async function liveOnce(host: SlotHost, given: WorkerHandle | undefined): Promise<WorkerEnd> {
  try {
    const worker = given ?? (await host.add())
    const ready = host.monotonic()
    const exit = await worker.exited
    return { worker, exit, lived: host.monotonic() - ready }
  } catch (cause) {
    if (cause instanceof WorkerEnded) return { worker: undefined, exit: cause.exit, lived: 0 }
    // An unexpected error must neither leave the slot empty nor end the supervisor. It is logged, and the start is tried again later.
    const reason = cause instanceof Error ? cause.message : String(cause)
    return { worker: undefined, exit: { code: undefined, signal: undefined }, lived: 0, reason }
  }
}
