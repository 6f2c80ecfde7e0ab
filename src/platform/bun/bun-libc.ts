import type { Pointer } from 'bun:ffi'

/**
 * Functions of the C library of the host that the runtime does not offer. They exist on Linux with glibc on x86-64 and arm64.
 */
export interface Libc {
  /** Bytes to give must not move while the system has their address: use `new ArrayBuffer(n)` and views of it. */
  readonly pointerTo: (bytes: NodeJS.TypedArray) => Pointer
  readonly setsockopt: (fd: number, level: number, name: number, value: Pointer, length: number) => number
  readonly getsockopt: (fd: number, level: number, name: number, value: Pointer, length: Pointer) => number
  readonly getsockname: (fd: number, address: Pointer, length: Pointer) => number
  readonly getpeername: (fd: number, address: Pointer, length: Pointer) => number
  readonly inet_ntop: (
    family: number,
    address: Pointer,
    text: Pointer,
    size: number,
  ) => Pointer | bigint | null
  readonly listen: (fd: number, backlog: number) => number
  readonly shutdown: (fd: number, how: number) => number
  readonly poll: (list: Pointer, count: number, timeout: number) => number
  readonly fcntl: (fd: number, command: number, value: number) => number
  readonly close: (fd: number) => number
  readonly dup3: (from: number, to: number, flags: number) => number
  readonly socket: (family: number, type: number, protocol: number) => number
  readonly getrlimit: (resource: number, limits: Pointer) => number
}

/** Opened at the first use, because most processes never need it. */
let opened: Promise<Libc> | undefined

/** Throws if the system has no glibc. */
export function openLibc(): Promise<Libc> {
  opened ??= open()
  return opened
}

async function open(): Promise<Libc> {
  const { dlopen, FFIType, ptr } = await import('bun:ffi')
  const { i32, u32, u64, ptr: pointer } = FFIType
  const { symbols } = dlopen('libc.so.6', {
    setsockopt: { args: [i32, i32, i32, pointer, u32], returns: i32 },
    getsockopt: { args: [i32, i32, i32, pointer, pointer], returns: i32 },
    getsockname: { args: [i32, pointer, pointer], returns: i32 },
    getpeername: { args: [i32, pointer, pointer], returns: i32 },
    inet_ntop: { args: [i32, pointer, pointer, u32], returns: pointer },
    listen: { args: [i32, i32], returns: i32 },
    shutdown: { args: [i32, i32], returns: i32 },
    poll: { args: [pointer, u64, i32], returns: i32 },
    fcntl: { args: [i32, i32, i32], returns: i32 },
    close: { args: [i32], returns: i32 },
    dup3: { args: [i32, i32, i32], returns: i32 },
    socket: { args: [i32, i32, i32], returns: i32 },
    getrlimit: { args: [i32, pointer], returns: i32 },
  })
  return { ...symbols, pointerTo: (bytes) => ptr(bytes) }
}
