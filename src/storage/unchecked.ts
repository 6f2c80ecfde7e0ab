import { type TSchema, type TUnknown, Type } from '@sinclair/typebox'
import type { RecordKind } from './storage.ts'

/** The same rows, with any JSON as their values: for code that has to look at what somebody else may have written. */
export function unchecked<S extends TSchema>({ name }: RecordKind<S>): RecordKind<TUnknown> {
  return { name, schema: Type.Unknown() }
}
