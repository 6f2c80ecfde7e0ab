import type { Platform } from '../platform/platform.ts'
import { printable } from '../printable.ts'
import type { DamagedRow, OnDamagedRow } from '../storage/storage.ts'

/** The line of a list that stands for a row which cannot be read. */
export function renderDamaged({ id }: DamagedRow): string {
  return `${id}  damaged`
}

/** Tells the person of each damaged row that a command goes past, once. */
export function warnOfDamaged({ writeError }: Pick<Platform, 'writeError'>): OnDamagedRow {
  const told = new Set<string>()
  return ({ message }) => {
    if (told.has(message)) return
    told.add(message)
    writeError(`warning: ${printable(message)}\n`)
  }
}
