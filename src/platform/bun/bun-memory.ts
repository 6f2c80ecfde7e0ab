import type { Pointer } from 'bun:ffi'
import type { Libc } from './bun-libc.ts'

/** Memory that functions of the C library fill. It is backed by an ArrayBuffer from the start, because other memory may move. */
export class Memory {
  readonly bytes: DataView<ArrayBuffer>
  readonly pointer: Pointer
  readonly #pointerTo: Libc['pointerTo']

  constructor({ pointerTo }: Pick<Libc, 'pointerTo'>, size: number) {
    this.bytes = new DataView(new ArrayBuffer(size))
    this.#pointerTo = pointerTo
    this.pointer = this.pointerAt(0)
  }

  pointerAt(offset: number): Pointer {
    return this.#pointerTo(new Uint8Array(this.bytes.buffer, offset))
  }

  /** A number of 64 bits that is far below 2^53. */
  count(offset: number): number {
    return this.bytes.getUint32(offset, true) + this.bytes.getUint32(offset + 4, true) * 2 ** 32
  }
}
