import { type TSchema, type TUnknown, Type } from '@sinclair/typebox'
import type { RecordKind } from './storage.ts'

/** The same rows with any JSON as their values. It is for code that checks values which another program may have written. */
export function unchecked<S extends TSchema>({ name }: RecordKind<S>): RecordKind<TUnknown> {
  return { name, schema: Type.Unknown() }
}
