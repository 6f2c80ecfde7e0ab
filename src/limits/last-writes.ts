import { Type } from '@sinclair/typebox'

/** The number of the last write of each process to a row, by the name of the process; the latest is last. */
export type LastWrites = Readonly<Record<string, number>>

export const LastWrites = Type.Optional(Type.Record(Type.String(), Type.Integer()))

/** A write of one process. It has the same number each time it is tried. */
export interface NumberedWrite {
  readonly writer: string
  readonly number: number
}

/** Processes in one row. One that is not among the last has no write that it is unsure of. */
const mostWriters = 64

/** The name of a process in rows. */
export function nameWriter(randomBytes: (count: number) => Uint8Array): string {
  // A letter in front, because names that are numbers would come first.
  return `w${randomBytes(8).toHex()}`
}

/**
 * Whether the row has this write already: an earlier try was done, and its answer was lost. Without it, what is added to a row would be added
 * twice.
 */
export function hasWrite(writes: LastWrites | undefined, { writer, number }: NumberedWrite): boolean {
  return writes !== undefined && Object.hasOwn(writes, writer) && writes[writer] === number
}

export function noteWrite(
  writes: LastWrites | undefined,
  { writer, number }: NumberedWrite,
): Record<string, number> {
  const others = Object.entries(writes ?? {}).filter(([name]) => name !== writer)
  return Object.fromEntries([...others.slice(1 - mostWriters), [writer, number]])
}
