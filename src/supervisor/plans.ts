import type { Log } from '../log.ts'
import type { Plan } from './worker-messages.ts'

/** Several workers cannot run, because they would not share their data. */
export class NothingShared extends Error {}

/** Logs the changed settings that a reload cannot apply. Throws NothingShared if the new workers would not share their storage. */
export function comparePlans(plan: Plan, running: Plan, log: Log): void {
  if (!plan.isShared) {
    log(
      'error',
      'the new configuration keeps nothing: what is revoked now would be accepted again; restart for it',
    )
    throw new NothingShared()
  }
  for (const setting of findKept(plan, running))
    log('warn', 'a reload cannot change this; it is as before until a restart', { setting })
}

/** Names of the changed settings that new workers cannot change either, because the supervisor has what they are about. */
export function findKept(plan: Plan, running: Plan): string[] {
  const parts = ['host', 'port', 'metrics'] as const
  return parts
    .filter((part) => JSON.stringify(plan[part]) !== JSON.stringify(running[part]))
    .map((part) => `server.${part}`)
}

/**
 * Whether a worker may serve beside the workers of the other plan. A worker with another storage might accept tokens that they
 * revoked.
 */
export function isSameService(a: Plan, b: Plan): boolean {
  return a.isShared === b.isShared && a.storage === b.storage
}
