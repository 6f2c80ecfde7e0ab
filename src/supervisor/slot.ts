import type { Exit } from '../platform/processes.ts'
import { BackOff } from './back-off.ts'
import { WorkerEnded, type WorkerHandle } from './worker-handle.ts'

/** What a place for one worker needs to know and to do. */
export interface SlotHost {
  readonly monotonic: () => number
  readonly pause: (milliseconds: number) => Promise<void>
  /** Starts a worker and waits until it is ready. Throws {@link WorkerEnded}. */
  readonly add: () => Promise<WorkerHandle>
  /** Whether a worker is wanted here still. */
  readonly isWanted: () => boolean
  /** Resolves once nobody minds one more that listens. */
  readonly settled: () => Promise<void>
  /** Told of an end that nobody asked for; false gives up. */
  readonly onEnd: (end: WorkerEnd, next: NextTry) => boolean
}

export interface WorkerEnd {
  /** Undefined: it was never ready. */
  readonly worker: WorkerHandle | undefined
  readonly exit: Exit
  /** Milliseconds for which it was ready. */
  readonly lived: number
  /** Why it could not even be started. */
  readonly reason?: string
}

export interface NextTry {
  /** Ends in a row. */
  readonly failures: number
  /** Milliseconds until another one is started. */
  readonly delay: number
}

/** Keeps a worker in a place for as long as one is wanted: puts another one there whenever it ends. */
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
    // What nobody foresaw must not leave a place empty for ever, nor end the supervisor: it is told, and tried again later.
    const reason = cause instanceof Error ? cause.message : String(cause)
    return { worker: undefined, exit: { code: undefined, signal: undefined }, lived: 0, reason }
  }
}
