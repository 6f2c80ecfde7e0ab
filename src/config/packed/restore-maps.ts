import { Kind, type TSchema } from '@sinclair/typebox'

/** Makes of a value that came out of JSON what the reader makes of it: its maps have no prototype. */
type Restore = (value: unknown) => unknown

/**
 * The value, of `schema` and just parsed from JSON, with every map (Record) in it as the reader makes it: without a prototype, because
 * a client may be called `constructor`. Changes `value`; a member that is missing stays so.
 */
export function restoreMaps<T>(schema: TSchema, value: T): T {
  return (restoreOf(schema)?.(value) ?? value) as T
}

const known = new WeakMap<TSchema, { readonly restore: Restore | undefined }>()

/** Undefined when no value of the schema has a map in it: of a hundred thousand clients none is walked through. */
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
      // A value or null.
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

/** A map of these members; one of them may be called `__proto__`. */
export function withoutPrototype<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const value: Record<string, T> = Object.create(null)
  for (const [key, member] of entries) value[key] = member
  return value
}
