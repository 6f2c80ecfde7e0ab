import { Buffer } from 'node:buffer'

/** Bytes that a pipe takes as one piece (PIPE_BUF of Linux), so that processes which share a pipe do not mix their lines. */
const wholeWrite = 4096
/** UTF-16 units of a write while this process is the only one that writes. */
const largestWrite = 32_768
/**
 * Units that may wait for a reader that stands still. Lines beyond are lost, because memory is bounded and no request waits for the log.
 */
const mostWaiting = 1024 * 1024

/** Writes lines of the same moment together. */
export interface LineWriter {
  /** Takes a line with its line end. The line is written a moment later, or by {@link flush}. */
  readonly add: (line: string) => void
  /** Writes all waiting lines at once. */
  readonly flush: () => void
  /** Call this before other processes write to the same place. */
  readonly share: () => void
  /** Calls back with the number of lines that were lost since the last call, once lines are written again. */
  readonly onLost: (listener: (count: number) => void) => void
}

/** Writes a text, and calls back when it is written or when that failed. */
export type WriteText = (text: string, done: (isWritten: boolean) => void) => void

/**
 * Collects lines until `later` calls back, because each write costs more than many lines do. With `isShared`, other processes
 * write to the same place.
 */
export function createLineWriter(
  write: WriteText,
  later: (callback: () => void) => void,
  { isShared = true }: { readonly isShared?: boolean } = {},
): LineWriter {
  const outlet = new Outlet(write)
  let isAlone = !isShared
  let waiting = ''
  let size = 0
  let isPlanned = false
  const flush = () => {
    if (size === 0) return
    const text = waiting
    waiting = ''
    size = 0
    outlet.write(text)
  }
  return {
    flush,
    onLost: (listener) => {
      outlet.onLost = listener
    },
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

/** Passes texts on while few wait, and counts the lines of the others. */
class Outlet {
  onLost: (count: number) => void = () => {}
  readonly #write: WriteText
  #waiting = 0
  #lost = 0
  #isBroken = false

  constructor(write: WriteText) {
    this.#write = write
  }

  write(text: string): void {
    if (this.#waiting + text.length > mostWaiting) {
      this.#lost += countLines(text)
      return
    }
    this.#waiting += text.length
    // A write that failed may have left a part of a line.
    this.#write(this.#isBroken ? `\n${text}` : text, (isWritten) => this.#end(text, isWritten))
  }

  #end(text: string, isWritten: boolean): void {
    this.#waiting -= text.length
    this.#isBroken = !isWritten
    if (!isWritten) this.#lost += countLines(text)
    else if (this.#lost > 0 && this.#waiting < mostWaiting / 2) this.#tellLost()
  }

  #tellLost(): void {
    const count = this.#lost
    this.#lost = 0
    this.onLost(count)
  }
}

function countLines(text: string): number {
  return text.split('\n').length - 1
}
