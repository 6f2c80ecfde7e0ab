import { Buffer } from 'node:buffer'

/** Bytes that a pipe takes whole (PIPE_BUF of Linux): processes that share one do not mix their lines. */
const wholeWrite = 4096
/** UTF-16 units of a write that nobody else's can come between. */
const largestWrite = 32_768

/** Lines that go out together. */
export interface LineWriter {
  /** Takes a line with its end; it leaves a moment later, or by {@link flush}. */
  readonly add: (line: string) => void
  /** Writes what waits, at once. */
  readonly flush: () => void
  /** From now on other processes write to the same place. */
  readonly share: () => void
}

/**
 * Gathers the lines of a moment, which `later` ends: a write costs the system more than a line costs us. With `isShared`, other
 * processes write to the same place.
 */
export function createLineWriter(
  write: (text: string) => void,
  later: (callback: () => void) => void,
  { isShared = true }: { readonly isShared?: boolean } = {},
): LineWriter {
  let isAlone = !isShared
  let waiting = ''
  let size = 0
  let isPlanned = false
  const flush = () => {
    if (size === 0) return
    const text = waiting
    waiting = ''
    size = 0
    write(text)
  }
  return {
    flush,
    share: () => {
      flush()
      isAlone = false
    },
    add: (line) => {
      const added = isAlone ? line.length : Buffer.byteLength(line)
      if (size + added > (isAlone ? largestWrite : wholeWrite)) flush()
      waiting += line
      size += added
      if (isPlanned) return
      isPlanned = true
      later(() => {
        isPlanned = false
        flush()
      })
    },
  }
}
