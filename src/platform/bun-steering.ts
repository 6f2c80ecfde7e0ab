import type { Pointer } from 'bun:ffi'
import { readdir } from 'node:fs/promises'
import type { Steering } from './platform.ts'

/**
 * Steering by SO_ATTACH_REUSEPORT_CBPF (socket(7)): a program of a few instructions, which the system runs for each new
 * connection and which answers the number of the one that gets it. Where it answers one that is not there, the system chooses as
 * if there were no program, so a wrong number costs balance and nothing else.
 */
export const bunSteering: Steering = {
  steer: ({ first, count }) => attempt((socket) => attach(socket, programFor(first, count))),
  release: () => attempt((socket) => setOption(socket, options.detach, new Int32Array(1))),
}

/** Linux on x86-64 and arm64. */
const solSocket = 1
const options = { isListening: 30, isShared: 15, attach: 51, detach: 68 } as const

type Instruction = readonly [code: number, operand: number]

/** `first` plus a random number below `count`. */
function programFor(first: number, count: number): readonly Instruction[] {
  // linux/filter.h: BPF_LD|BPF_W|BPF_ABS with SKF_AD_OFF + SKF_AD_RANDOM, BPF_ALU|BPF_MOD|BPF_K, BPF_ALU|BPF_ADD|BPF_K, BPF_RET|BPF_A.
  return [
    [0x20, 0xfffff000 + 56],
    [0x94, count],
    [0x04, first],
    [0x16, 0],
  ]
}

interface Libc {
  readonly pointerTo: (bytes: NodeJS.TypedArray) => Pointer
  readonly setsockopt: (fd: number, level: number, name: number, value: Pointer, length: number) => number
  readonly getsockopt: (fd: number, level: number, name: number, value: Pointer, length: Pointer) => number
}

/** Opened at the first use: a server that never hands its port over pays nothing. */
let opened: Promise<Libc> | undefined

async function openLibc(): Promise<Libc> {
  const { dlopen, FFIType, ptr } = await import('bun:ffi')
  const { i32, u32, ptr: pointer } = FFIType
  const { symbols } = dlopen('libc.so.6', {
    setsockopt: { args: [i32, i32, i32, pointer, u32], returns: i32 },
    getsockopt: { args: [i32, i32, i32, pointer, pointer], returns: i32 },
  })
  return { ...symbols, pointerTo: (bytes) => ptr(bytes) }
}

interface Socket {
  readonly fd: number
  readonly libc: Libc
}

async function attempt(change: (socket: Socket) => boolean): Promise<boolean> {
  try {
    opened ??= openLibc()
    const libc = await opened
    const fd = await findListening(libc)
    return fd !== undefined && change({ fd, libc })
  } catch {
    // A system without glibc, or without /proc: then nobody is steered.
    return false
  }
}

/** The one shared listening socket of this process, of which the runtime does not tell the number. */
async function findListening(libc: Libc): Promise<number | undefined> {
  const numbers = (await readdir('/proc/self/fd')).map(Number)
  return numbers.find(
    (fd) => getOption(fd, options.isListening, libc) && getOption(fd, options.isShared, libc),
  )
}

function getOption(fd: number, name: number, { getsockopt, pointerTo }: Libc): boolean {
  const value = new Int32Array(1)
  const length = new Uint32Array([value.byteLength])
  return getsockopt(fd, solSocket, name, pointerTo(value), pointerTo(length)) === 0 && value[0] === 1
}

function attach(socket: Socket, program: readonly Instruction[]): boolean {
  const { pointerTo } = socket.libc
  const instructions = new DataView(new ArrayBuffer(program.length * 8))
  for (const [index, [code, operand]] of program.entries()) {
    instructions.setUint16(index * 8, code, true)
    instructions.setUint32(index * 8 + 4, operand, true)
  }
  const bytes = new Uint8Array(instructions.buffer)
  // struct sock_fprog: how many, and where.
  return setOption(
    socket,
    options.attach,
    new BigUint64Array([BigInt(program.length), BigInt(pointerTo(bytes))]),
  )
}

function setOption({ fd, libc }: Socket, name: number, value: NodeJS.TypedArray): boolean {
  return libc.setsockopt(fd, solSocket, name, libc.pointerTo(value), value.byteLength) === 0
}
