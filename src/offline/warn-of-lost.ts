import type { Log } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import { printable } from '../printable.ts'

/** The log of a command's audit trail: prints a warning when events cannot be written, because the work itself is done. */
export function warnOfLost({ writeError }: Pick<Platform, 'writeError'>): Log {
  return (level, message, { reason } = {}) => {
    if (level !== 'info')
      writeError(`warning: ${printable(reason === undefined ? message : `${message}: ${reason}`)}\n`)
  }
}
