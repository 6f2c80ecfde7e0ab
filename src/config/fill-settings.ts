import { Kind, type Static, type TObject, type TSchema } from '@sinclair/typebox'
import { shapeOf } from './schema-shapes.ts'

type Members = Readonly<Record<string, unknown>>

/** Settings of which any may be missing, at any depth. */
export type Unfilled<T> = T extends readonly (infer U)[]
  ? readonly U[]
  : T extends object
    ? { readonly [K in keyof T]?: Unfilled<T[K]> | undefined }
    : T

/** Read-only settings, at any depth. */
export type ReadonlySettings<T> = T extends readonly (infer U)[]
  ? readonly ReadonlySettings<U>[]
  : T extends object
    ? { readonly [K in keyof T]: ReadonlySettings<T[K]> }
    : T

/**
 * Returns the settings of `schema` with the values of `values`, or the default where one is missing, in the order of the schema. Other
 * members of `values` are left out. A row of an earlier build lacks newer settings.
 */
export function fillSettings<S extends TObject>(schema: S, values: Unfilled<Static<S>>): Static<S> {
  return fill(schema, values as Members) as Static<S>
}

function fill(schema: TSchema, values: Members): Members {
  const settings: Record<string, unknown> = {}
  for (const { key, schema: member, fallback } of shapeOf(schema).properties) {
    const value = values[key]
    settings[key] = value === undefined ? fallback : fillValue(member, value)
  }
  return settings
}

function fillValue(schema: TSchema, value: unknown): unknown {
  if (value === null) return null
  switch (schema[Kind]) {
    case 'Union':
      return fillValue(schema['anyOf'][0], value)
    case 'Object':
      return fill(schema, value as Members)
    default:
      return value
  }
}
