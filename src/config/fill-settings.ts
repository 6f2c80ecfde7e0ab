import { Kind, type Static, type TObject, type TSchema } from '@sinclair/typebox'
import { shapeOf } from './schema-shapes.ts'

type Members = Readonly<Record<string, unknown>>

/** Settings of which some may be missing, at any depth. */
export type Unfilled<T> = T extends readonly (infer U)[]
  ? readonly U[]
  : T extends object
    ? { readonly [K in keyof T]?: Unfilled<T[K]> | undefined }
    : T

/** Settings that nobody changes, at any depth. */
export type ReadonlySettings<T> = T extends readonly (infer U)[]
  ? readonly ReadonlySettings<U>[]
  : T extends object
    ? { readonly [K in keyof T]: ReadonlySettings<T[K]> }
    : T

/**
 * The settings of `schema` that `values` has, with the default for each that is missing, in the order of the schema. Members of `values`
 * that are not in the schema are left out. A row of an earlier build has fewer settings than today.
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
