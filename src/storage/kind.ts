import { type TSchema, Type } from '@sinclair/typebox'
import { earliestMoment, latestMoment } from '../protocol/moment.ts'
import type { RecordKind } from './storage.ts'
import type { IndexKind } from './unique-index.ts'

/**
 * A kind of row. `name` is in the database and must never change. Each room describes its own rows in a file `*-row.ts`, which imports
 * this function. test/storage/kinds.test.ts lists all kinds.
 */
export function kind<const N extends string, S extends TSchema>(name: N, schema: S): RecordKind<S> {
  return { name, schema }
}

export const Moment = Type.Integer({
  minimum: earliestMoment,
  maximum: latestMoment,
  description: 'Milliseconds since the epoch',
})

export const Nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])
export const Texts = Type.Array(Type.String())

/**
 * A kind of row that tells which row of another kind has a key. The id is the key, and the member `owner` of the value is the id of the
 * other row. See unique-index.ts.
 */
export function indexKind<const N extends string>(name: N, owner: string): IndexKind {
  return { ...kind(name, Type.Object({ [owner]: Type.String() })), owner }
}
