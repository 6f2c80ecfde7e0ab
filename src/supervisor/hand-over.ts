import type { WorkerHandle } from './worker-handle.ts'

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

/**
 * Moves the requests of one port from old workers to new ones. Each has its own queue of connections, and closing it cuts off
 * those that wait in it; so new connections go to the new workers alone before, where the system can be told so. Connections
 * that are kept open go with their next answer, and only those that were silent for three seconds are closed under their client.
 * Answers whether the system sent new connections to the new workers; where not, a few of that moment may be cut off.
 */
export async function handOver({ old, next, pause }: HandOver): Promise<boolean> {
  const [pilot] = next
  if (!pilot || old.length === 0) return true
  const first = old.length
  const isSteered = await pilot.ask({ type: 'steer', first, count: next.length }, 'steered')
  for (const worker of old) worker.send({ type: 'leave' })
  await pause(leaveTime)
  // Each that closes moves the last one into its place; this number stays that of a new worker until all are closed.
  if (isSteered) await pilot.ask({ type: 'steer', first, count: 1 }, 'steered')
  const closed = Promise.all(old.map((worker) => worker.ask({ type: 'stop' }, 'closed')))
  await Promise.race([closed, pause(longestClose)])
  if (isSteered) await pilot.ask({ type: 'release' }, 'steered')
  return isSteered
}
