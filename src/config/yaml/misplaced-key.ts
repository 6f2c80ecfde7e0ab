import { Kind, type TSchema } from '@sinclair/typebox'
import { type ObjectShape, shapeOf } from '../schema-shapes.ts'
import { suggest } from '../suggest.ts'

/**
 * What to do about an unknown key of a map: the key that may be meant, the place where it belongs, or the keys that are known there.
 * `parent` is the key of the map itself.
 */
export function adviseOnKey(
  key: string,
  { shape, parent }: { shape: ObjectShape; parent: string | number | undefined },
): string {
  const known = [...shape.names.keys()]
  const near = suggest(key, known)
  if (near) return `did you mean ${near}?`
  // `clients` beside the tenants instead of inside one looks like a tenant of that name.
  if (typeof parent === 'string' && shape.names.has(parent))
    return `${parent} is a setting and not an id here, so indent it and what is below it one step more`
  const owners = shape.properties.filter(({ schema }) => hasKey(schema, key)).map((property) => property.key)
  if (owners.length > 0) return `it is one of ${owners.join(', ')}, so indent it below that`
  return `the known keys are ${known.join(', ') || 'none'}`
}

function hasKey(schema: TSchema, key: string): boolean {
  if (schema[Kind] === 'Union') return hasKey(schema['anyOf'][0], key)
  return schema[Kind] === 'Object' && shapeOf(schema).names.has(key)
}
