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
  const parts = ['host', 'port', 'metrics'] as const
  for (const part of parts) {
    if (JSON.stringify(plan[part]) === JSON.stringify(running[part])) continue
    log('warn', 'a reload cannot change this; it is as before until a restart', {
      setting: `server.${part}`,
    })
  }
}

/**
 * Whether a worker may serve beside the workers of the other plan. A worker with another storage might accept tokens that they
 * revoked.
 */
export function isSameService(a: Plan, b: Plan): boolean {
  return a.isShared === b.isShared && a.host === b.host
}
