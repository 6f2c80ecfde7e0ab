import {
  type Kind,
  type NativeLibrary,
  type OpensslCalls,
  opensslFunctions,
  type Pointer,
} from './openssl-functions.ts'
import { OpensslError } from './openssl-port.ts'

/** The part of Deno's own interface that calls libraries. */
declare const Deno: {
  permissions: { querySync(wanted: { name: 'ffi'; path: string }): { state: string } }
  dlopen(path: string, symbols: Readonly<Record<string, unknown>>): { symbols: unknown }
  UnsafePointer: { of(bytes: Uint8Array): unknown; value(pointer: unknown): bigint }
  UnsafePointerView: { getCString(pointer: unknown): string }
}

const types = {
  pointer: 'pointer',
  bytes: 'buffer',
  int: 'i32',
  size: 'usize',
  void: 'void',
} as const satisfies Record<Kind, string>

/** Opens the library at `path`. Throws the errors of Deno, and OpensslError without the permission. */
export function openLibrary(path: string): NativeLibrary {
  // Checks the permission first, because otherwise Deno would ask the user at the terminal.
  if (Deno.permissions.querySync({ name: 'ffi', path }).state !== 'granted')
    throw new OpensslError('Deno may call no library; start it with --allow-ffi')
  const definitions = Object.entries(opensslFunctions).map(
    ([name, { takes, gives }]) =>
      [name, { parameters: takes.map((kind) => types[kind]), result: types[gives] }] as const,
  )
  const { symbols } = Deno.dlopen(path, Object.fromEntries(definitions))
  return {
    path,
    // The symbols were made from the table above.
    calls: symbols as OpensslCalls,
    addressOf: (bytes) => Deno.UnsafePointer.value(Deno.UnsafePointer.of(bytes)),
    textAt: (pointer: Pointer) => Deno.UnsafePointerView.getCString(pointer),
  }
}
