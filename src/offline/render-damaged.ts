import type { Platform } from '../platform/platform.ts'
import { printable } from '../printable.ts'
import type { DamagedRow, OnDamagedRow } from '../storage/storage.ts'

/** The line of a list for a row that cannot be read. */
export function renderDamaged({ id }: DamagedRow): string {
  return `${id}  damaged`
}

/** Prints a warning for each damaged row that a command skips, once per row. */
export function warnOfDamaged({ writeError }: Pick<Platform, 'writeError'>): OnDamagedRow {
  const told = new Set<string>()
  return ({ message }) => {
    if (told.has(message)) return
    told.add(message)
    writeError(`warning: ${printable(message)}\n`)
  }
}
