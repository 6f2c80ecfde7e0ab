import type { WorkerHandle } from './worker-handle.ts'
import type { ToWorker } from './worker-messages.ts'

export interface HandOver {
  /** Workers that listen and have to go. */
  readonly old: readonly WorkerHandle[]
  /** Workers that listen and stay. They began to listen after all of `old`. */
  readonly next: readonly WorkerHandle[]
  readonly pause: (milliseconds: number) => Promise<void>
}

/** Time (ms) in which a busy client sends one more request, and a handshake completes. */
const leaveTime = 3000
/** Time (ms) in which a worker closes its port after the order to stop. */
const longestClose = 5000
/**
 * Time (ms) in which a worker answers the order to steer. A worker that takes longer hangs and is ended, because it may still get
 * requests.
 */
const longestSteer = 5000

/**
 * Moves the requests of one port from old workers to new ones. Each worker has its own queue of connections, and closing it resets the
 * connections that wait there. So, if the system supports it, new connections first go only to the new workers. An open connection is
 * closed with its next answer. Only a connection that was silent for three seconds is closed without an answer. Returns whether the system
 * sent new connections to the new workers. If it did not, a few connections of that moment may be reset.
 */
export async function handOver({ old, next, pause }: HandOver): Promise<boolean> {
  if (next.length === 0 || old.length === 0) return true
  return movePort({
    ...{ first: old.length, next, pause },
    leave: () => {
      for (const worker of old) worker.send({ type: 'leave' })
    },
    close: () => Promise.all(old.map((worker) => worker.ask({ type: 'stop', keepServing: false }, 'closed'))),
  })
}

/**
 * Gives one port a new certificate. Each worker opens the port once more, and new connections go there before the older listeners are
 * closed. The workers keep their connections. Returns whether the system sent new connections to the new listeners.
 */
export async function renewCertificate(
  workers: readonly WorkerHandle[],
  pause: HandOver['pause'],
): Promise<boolean> {
  const asked = workers.map(async (worker) =>
    (await worker.ask({ type: 'renew' }, 'renewed')) ? worker : undefined,
  )
  const next = (await Promise.all(asked)).filter((worker) => worker !== undefined)
  if (next.length === 0) return false
  return movePort({
    ...{ first: workers.length, next, pause },
    leave: () => {},
    close: () => Promise.all(next.map((worker) => worker.ask({ type: 'retire' }, 'retired'))),
  })
}

interface Move extends Pick<HandOver, 'next' | 'pause'> {
  /** The number of the first new listener. */
  readonly first: number
  readonly leave: () => void
  readonly close: () => Promise<unknown>
}

/** Returns whether the system sent new connections to the new listeners. */
async function movePort({ first, next, pause, leave, close }: Move): Promise<boolean> {
  const isSteered = await steer((count) => ({ type: 'steer', first, count }), next, pause)
  leave()
  await pause(leaveTime)
  // Closing a listener moves the last one to its number. This number stays the number of a new worker until all are closed.
  if (isSteered) await steer(() => ({ type: 'steer', first, count: 1 }), next, pause)
  await Promise.race([close(), pause(longestClose)])
  if (isSteered) await steer(() => ({ type: 'release' }), next, pause)
  return isSteered
}

/** Lets the first worker that answers steer for all, and ends a worker that hangs. Returns whether the system supports steering. */
async function steer(
  messageFor: (count: number) => ToWorker,
  next: HandOver['next'],
  pause: HandOver['pause'],
): Promise<boolean> {
  for (const pilot of next) {
    if (!pilot.isServing) continue
    const count = next.filter(({ isServing }) => isServing).length
    const late = pause(longestSteer).then(() => 'late' as const)
    const answer = await Promise.race([pilot.ask(messageFor(count), 'steered'), late])
    if (answer === 'late') {
      pilot.kill()
      await Promise.race([pilot.exited, pause(longestSteer)])
    } else if (answer || pilot.isServing) return answer
  }
  return false
}
