import { Buffer } from 'node:buffer'

/** Bytes that a pipe takes whole (PIPE_BUF of Linux): processes that share one do not mix their lines. */
const wholeWrite = 4096

/** Lines that go out together. */
export interface LineWriter {
  /** Takes a line with its end; it leaves a moment later, or by {@link flush}. */
  readonly add: (line: string) => void
  /** Writes what waits, at once. */
  readonly flush: () => void
}

/** Gathers the lines of a moment, which `later` ends: a write costs the system more than a line costs us. */
export function createLineWriter(
  write: (text: string) => void,
  later: (callback: () => void) => void,
): LineWriter {
  let waiting = ''
  let bytes = 0
  let isPlanned = false
  const flush = () => {
    if (bytes === 0) return
    const text = waiting
    waiting = ''
    bytes = 0
    write(text)
  }
  return {
    flush,
    add: (line) => {
      const size = Buffer.byteLength(line)
      if (bytes + size > wholeWrite) flush()
      waiting += line
      bytes += size
      if (isPlanned) return
      isPlanned = true
      later(() => {
        isPlanned = false
        flush()
      })
    },
  }
}
