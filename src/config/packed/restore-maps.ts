import { Kind, type TSchema } from '@sinclair/typebox'

/** Turns a value parsed from JSON into what the reader makes: maps without a prototype. */
type Restore = (value: unknown) => unknown

/**
 * Takes the prototype from every map (Record of `schema`) in a value that was just parsed from JSON, as the reader does, because a client
 * may be called `constructor`. Changes `value`; a missing member stays missing.
 */
export function restoreMaps<T>(schema: TSchema, value: T): T {
  return (restoreOf(schema)?.(value) ?? value) as T
}

const known = new WeakMap<TSchema, { readonly restore: Restore | undefined }>()

/** Undefined when the schema has no map in it, so that the value need not be walked. */
function restoreOf(schema: TSchema): Restore | undefined {
  const found = known.get(schema) ?? { restore: createRestore(schema) }
  known.set(schema, found)
  return found.restore
}

function createRestore(schema: TSchema): Restore | undefined {
  switch (schema[Kind]) {
    case 'Object':
      return createObjectRestore(schema)
    case 'Record':
      return createMapRestore(schema)
    case 'Array': {
      const restore = restoreOf(schema['items'])
      return restore && ((list) => (Array.isArray(list) ? list.map(restore) : list))
    }
    case 'Union':
      // OrNull of schema-kinds.ts: a value or null.
      return restoreOf(schema['anyOf'][0])
    default:
      return undefined
  }
}

function createObjectRestore(schema: TSchema): Restore | undefined {
  const members = Object.entries<TSchema>(schema['properties']).flatMap(([key, property]) => {
    const restore = restoreOf(property)
    return restore ? [{ key, restore }] : []
  })
  if (members.length === 0) return undefined
  return (value) => {
    if (!isMembers(value)) return value
    for (const { key, restore } of members) if (Object.hasOwn(value, key)) value[key] = restore(value[key])
    return value
  }
}

function createMapRestore(schema: TSchema): Restore {
  const [member] = Object.values<TSchema>(schema['patternProperties'])
  const restore = (member && restoreOf(member)) ?? ((value: unknown) => value)
  return (value) =>
    isMembers(value)
      ? withoutPrototype(Object.entries(value).map(([key, each]) => [key, restore(each)]))
      : value
}

function isMembers(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A map of these members, without a prototype: a name may be `__proto__`. */
export function withoutPrototype<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const value: Record<string, T> = Object.create(null)
  for (const [key, member] of entries) value[key] = member
  return value
}
