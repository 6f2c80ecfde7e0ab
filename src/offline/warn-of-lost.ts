import type { Log } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import { printable } from '../printable.ts'

/** A command that did its work and could not write that into the audit trail says so. */
export function warnOfLost({ writeError }: Pick<Platform, 'writeError'>): Log {
  return (level, message, { reason } = {}) => {
    if (level !== 'info')
      writeError(`warning: ${printable(reason === undefined ? message : `${message}: ${reason}`)}\n`)
  }
}
