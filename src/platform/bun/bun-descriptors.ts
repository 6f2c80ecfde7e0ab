import type { Libc } from './bun-libc.ts'
import { Memory } from './bun-memory.ts'

/** Descriptors that are asked about at each look at the least. */
const smallestWindow = 128
/** Further descriptors that are asked about at each look, in turn. */
const stride = 512
/** struct pollfd: the descriptor, the events asked for, and the events that came. */
const entrySize = 8
/** POLLNVAL: the descriptor is not open. */
const notOpen = 0x20

/**
 * Finds the open descriptors of the process with poll(2), which needs 25 nanoseconds for each and opens nothing. The system gives out the
 * lowest free number, so a window at the beginning has nearly all of them. Each look also asks about a part of the others, and the window
 * grows to what it finds.
 */
export class OpenDescriptors {
  readonly #poll: Libc['poll']
  readonly #most: number
  readonly #list: Memory
  readonly #size: number
  #window = smallestWindow
  #next = 0

  constructor(libc: Pick<Libc, 'poll' | 'pointerTo'>, most: number) {
    this.#poll = libc.poll
    this.#most = most
    this.#size = Math.min(most, stride)
    this.#list = new Memory(libc, this.#size * entrySize)
  }

  list(): number[] {
    const open: number[] = []
    for (let start = 0; start < this.#window; start += this.#size) {
      this.#collect(start, Math.min(start + this.#size, this.#window, this.#most), open)
    }
    this.#lookFurther(open)
    const last = open.at(-1) ?? 0
    // Twice the highest, so that a burst of new ones is within it.
    this.#window = Math.min(this.#most, Math.max(smallestWindow, last * 2))
    return open
  }

  /** Asks about the next part behind the window. */
  #lookFurther(open: number[]): void {
    if (this.#window >= this.#most) return
    if (this.#next < this.#window || this.#next >= this.#most) this.#next = this.#window
    const end = Math.min(this.#next + this.#size, this.#most)
    this.#collect(this.#next, end, open)
    this.#next = end
  }

  #collect(start: number, end: number, open: number[]): void {
    const { bytes, pointer } = this.#list
    const count = end - start
    if (count <= 0) return
    for (let index = 0; index < count; index++) {
      bytes.setInt32(index * entrySize, start + index, true)
      bytes.setInt32(index * entrySize + 4, 0, true)
    }
    this.#poll(pointer, count, 0)
    for (let index = 0; index < count; index++) {
      if ((bytes.getUint16(index * entrySize + 6, true) & notOpen) === 0) open.push(start + index)
    }
  }
}
