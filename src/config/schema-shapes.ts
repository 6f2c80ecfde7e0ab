import { Kind, type TSchema } from '@sinclair/typebox'

/**
 * The facts about the schema of a map with fixed keys. They are computed once for each schema, not for each of a hundred thousand
 * clients.
 */
export interface ObjectShape {
  readonly names: ReadonlyMap<string, PropertyShape>
  readonly properties: readonly PropertyShape[]
  /** The value of an empty map; undefined if a key has no default. */
  readonly blank: Readonly<Record<string, unknown>> | undefined
}

export interface PropertyShape {
  readonly key: string
  readonly schema: TSchema
  readonly isRequired: boolean
  readonly hasDefault: boolean
  /** The default of a key: frozen, and one object for all. */
  readonly fallback: unknown
}

const shapes = new WeakMap<TSchema, ObjectShape>()

/** The members of the schema of an object, made once for each schema. */
export function shapeOf(schema: TSchema): ObjectShape {
  const known = shapes.get(schema)
  if (known) return known
  const properties = Object.entries<TSchema>(schema['properties'])
  const required: readonly string[] = schema['required'] ?? []
  const described = properties.map(([key, property]) => ({
    key,
    schema: property,
    isRequired: required.includes(key),
    hasDefault: 'default' in property,
    fallback: fallbackOf(property),
  }))
  const shape = {
    names: new Map(described.map((property) => [property.key, property])),
    properties: described,
    blank: described.every(({ hasDefault }) => hasDefault) ? fill(described) : undefined,
  }
  shapes.set(schema, shape)
  return shape
}

/** Returns the default of a schema. The default of a map contains the defaults of its keys, unless it has others for them. */
function fallbackOf(schema: TSchema): unknown {
  const value: unknown = schema['default']
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return Object.freeze([...value])
  if (schema[Kind] !== 'Object') return Object.freeze(Object.create(null))
  const { properties } = shapeOf(schema)
  return Object.freeze({ ...fill(properties.filter(({ hasDefault }) => hasDefault)), ...value })
}

function fill(properties: readonly PropertyShape[]): Readonly<Record<string, unknown>> {
  return Object.freeze(Object.fromEntries(properties.map(({ key, fallback }) => [key, fallback])))
}
