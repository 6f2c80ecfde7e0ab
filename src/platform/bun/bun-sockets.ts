import { readdir } from 'node:fs/promises'
import { type Libc, openLibc } from './bun-libc.ts'

/**
 * Sets options of the listening sockets of this process through the C library of the host, because the runtime neither sets them
 * nor gives the file descriptors of its sockets. Works on Linux with glibc on x86-64 and arm64.
 */

/** socket(7), level SOL_SOCKET. */
const solSocket = 1
export const socketOptions = {
  isShared: 15,
  attachFilter: 26,
  isListening: 30,
  attachSteering: 51,
  detachSteering: 68,
} as const

/** An instruction of linux/filter.h that jumps nowhere. */
export type Instruction = readonly [code: number, operand: number]

/** A socket that this process listens on. */
export class ListeningSocket {
  readonly fd: number
  readonly #libc: Libc

  private constructor(fd: number, libc: Libc) {
    this.fd = fd
    this.#libc = libc
  }

  /** The sockets that `isWanted` accepts; none if the system has no glibc or no /proc. */
  static async findAll(isWanted: (socket: ListeningSocket) => boolean): Promise<ListeningSocket[]> {
    try {
      const libc = await openLibc()
      const sockets = (await readdir('/proc/self/fd')).map((fd) => new ListeningSocket(Number(fd), libc))
      return sockets.filter((socket) => socket.has(socketOptions.isListening) && isWanted(socket))
    } catch {
      return []
    }
  }

  /** Whether an option is on. */
  has(name: number): boolean {
    const { getsockopt, pointerTo } = this.#libc
    const value = new Int32Array(1)
    const length = new Uint32Array([value.byteLength])
    return getsockopt(this.fd, solSocket, name, pointerTo(value), pointerTo(length)) === 0 && value[0] === 1
  }

  get port(): number | undefined {
    const { getsockname, pointerTo } = this.#libc
    // struct sockaddr_in and sockaddr_in6 both begin with the family and the port, the latter in network order.
    const address = new Uint8Array(28)
    const length = new Uint32Array([address.byteLength])
    if (getsockname(this.fd, pointerTo(address), pointerTo(length)) !== 0) return undefined
    return new DataView(address.buffer).getUint16(2)
  }

  /** Returns whether the system accepted it. */
  set(name: number, value: NodeJS.TypedArray): boolean {
    const { setsockopt, pointerTo } = this.#libc
    return setsockopt(this.fd, solSocket, name, pointerTo(value), value.byteLength) === 0
  }

  /** Lets the kernel run a program at the place that the option names. Returns whether the kernel accepted it. */
  attach(name: number, program: readonly Instruction[]): boolean {
    const instructions = new DataView(new ArrayBuffer(program.length * 8))
    for (const [index, [code, operand]] of program.entries()) {
      instructions.setUint16(index * 8, code, true)
      instructions.setUint32(index * 8 + 4, operand, true)
    }
    const bytes = new Uint8Array(instructions.buffer)
    // struct sock_fprog: the number of instructions and their address.
    return this.set(name, new BigUint64Array([BigInt(program.length), BigInt(this.#libc.pointerTo(bytes))]))
  }
}
