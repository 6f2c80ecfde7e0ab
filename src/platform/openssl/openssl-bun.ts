import { type Pointer as BunPointer, CString, dlopen, FFIType, ptr } from 'bun:ffi'
import {
  type Kind,
  type NativeLibrary,
  type OpensslCalls,
  opensslFunctions,
  type Pointer,
} from './openssl-functions.ts'

const types = {
  pointer: FFIType.ptr,
  bytes: FFIType.ptr,
  int: FFIType.i32,
  size: FFIType.u64,
  void: FFIType.void,
} as const satisfies Record<Kind, FFIType>

/** Opens the library at `path`. Throws the errors of bun:ffi. */
export function openLibrary(path: string): NativeLibrary {
  const definitions = Object.entries(opensslFunctions).map(
    ([name, { takes, gives }]) =>
      [name, { args: takes.map((kind) => types[kind]), returns: types[gives] }] as const,
  )
  const { symbols } = dlopen(path, Object.fromEntries(definitions))
  return {
    path,
    // The symbols were made from the table above.
    calls: symbols as unknown as OpensslCalls,
    addressOf: (bytes) => BigInt(ptr(bytes)),
    textAt: (pointer: Pointer) => new CString(pointer as unknown as BunPointer).toString(),
  }
}
