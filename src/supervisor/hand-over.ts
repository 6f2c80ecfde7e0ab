import type { WorkerHandle } from './worker-handle.ts'
import type { ToWorker } from './worker-messages.ts'

export interface HandOver {
  /** Those that listen and are to go. */
  readonly old: readonly WorkerHandle[]
  /** Those that listen and stay; they began to listen after all of `old`. */
  readonly next: readonly WorkerHandle[]
  readonly pause: (milliseconds: number) => Promise<void>
}

/** Milliseconds in which a client that is busy sends one more request, and a handshake comes to its end. */
const leaveTime = 3000
/** Milliseconds until one that was told to stop has closed its port. */
const longestClose = 5000
/** Milliseconds until a worker that was told to steer has answered; one that takes longer hangs, and would take requests too. */
const longestSteer = 5000

/**
 * Moves the requests of one port from old workers to new ones. Each has its own queue of connections, and closing it cuts off
 * those that wait in it; so new connections go to the new workers alone before, where the system can be told so. Connections
 * that are kept open go with their next answer, and only those that were silent for three seconds are closed under their client.
 * Answers whether the system sent new connections to the new workers; where not, a few of that moment may be cut off.
 */
export async function handOver({ old, next, pause }: HandOver): Promise<boolean> {
  if (next.length === 0 || old.length === 0) return true
  const first = old.length
  const isSteered = await steer((count) => ({ type: 'steer', first, count }), next, pause)
  for (const worker of old) worker.send({ type: 'leave' })
  await pause(leaveTime)
  // Each that closes moves the last one into its place; this number stays that of a new worker until all are closed.
  if (isSteered) await steer(() => ({ type: 'steer', first, count: 1 }), next, pause)
  const closed = Promise.all(old.map((worker) => worker.ask({ type: 'stop', keepServing: false }, 'closed')))
  await Promise.race([closed, pause(longestClose)])
  if (isSteered) await steer(() => ({ type: 'release' }), next, pause)
  return isSteered
}

/** Lets the first worker that answers steer for all; one that hangs is ended. Answers whether the system does it. */
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
