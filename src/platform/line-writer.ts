import { Buffer } from 'node:buffer'

/** Bytes that a pipe takes as one piece (PIPE_BUF of Linux), so that processes which share a pipe do not mix their lines. */
const wholeWrite = 4096
/** UTF-16 units of a write while this process is the only one that writes. */
const largestWrite = 32_768

/** Writes lines of the same moment together. */
export interface LineWriter {
  /** Takes a line with its line end. The line is written a moment later, or by {@link flush}. */
  readonly add: (line: string) => void
  /** Writes all waiting lines at once. */
  readonly flush: () => void
  /** Call this before other processes write to the same place. */
  readonly share: () => void
}

/**
 * Collects lines until `later` calls back, because each write costs more than many lines do. With `isShared`, other processes
 * write to the same place.
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
