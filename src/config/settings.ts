import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value, type ValueError } from '@sinclair/typebox/value'
import { OAuthError } from '../protocol/errors.ts'
import { findClaimFaults, isReservedClaim, type StaticClaims } from '../protocol/static-claims.ts'

type Members = Readonly<Record<string, unknown>>

/**
 * The settings that a merge patch (RFC 7396) makes of those at hand: a member that is null goes, and has its default from
 * then on. `schema` is a plain one. Throws `invalid_request` for what is not of it, in words that repeat nothing of the
 * patch.
 */
export function patchSettings<S extends TSchema>(schema: S, current: Members, patch: Members): Static<S> {
  // A null for a member that is not known would pass unseen.
  if (!Object.keys(patch).every((name) => Object.hasOwn(schema['properties'], name))) throw unknownMember()
  const merged = withDefaults(schema, mergePatch(current, patch, 0))
  if (Value.Check(schema, merged)) return merged
  throw explain(schema, Value.Errors(schema, merged).First())
}

/** The value with the default for each member that is missing. Value.Default of TypeBox would make a map of a list that stands for one. */
function withDefaults(schema: TSchema, value: unknown): unknown {
  if (value === undefined)
    return schema['default'] === undefined ? undefined : withDefaults(schema, schema['default'])
  const { properties } = withoutNull(schema)
  if (!isMembers(properties) || !isMembers(value)) return value
  const missing = Object.entries(properties)
    .filter(([name]) => value[name] === undefined)
    .map(([name, property]) => [name, withDefaults(property as TSchema, undefined)] as const)
    .filter(([, byDefault]) => byDefault !== undefined)
  const present = Object.entries(value).map(([name, member]) => {
    const property = Object.hasOwn(properties, name) ? (properties[name] as TSchema) : undefined
    return [name, property ? withDefaults(property, member) : member] as const
  })
  return Object.fromEntries([...present, ...missing])
}

/** No settings are so deep. */
const deepest = 8

function mergePatch(target: unknown, patch: unknown, depth: number): unknown {
  if (!isMembers(patch)) return patch
  if (depth > deepest) throw unknownMember()
  const merged = new Map(isMembers(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    // Some code copies members by assignment, and there this one would vanish.
    if (name === '__proto__') throw unknownMember()
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value, depth + 1))
  }
  return Object.fromEntries(merged)
}

function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function unknownMember(): OAuthError {
  return new OAuthError('invalid_request', 'The request body has a field that is not known')
}

function explain(schema: TSchema, error: ValueError | undefined): OAuthError {
  const { name, wanted } = locate(schema, innermost(error)?.path ?? '')
  if (name === '') return unknownMember()
  return new OAuthError('invalid_request', `The field ${name} ${wanted}`)
}

/** Of a value that may be null too, what is wrong with it when it is not; its defaults are not filled in then. */
function innermost(error: ValueError | undefined): ValueError | undefined {
  const errors = [...(error?.errors[0] ?? [])]
  const inner = errors.find(({ value }) => value !== undefined) ?? errors[0]
  return inner && inner.path !== error?.path ? innermost(inner) : error
}

/** The known names along the path: a key of a map is the sender's own text. */
function locate(schema: TSchema, path: string): { name: string; wanted: string } {
  const names: string[] = []
  let at = schema
  for (const step of path.split('/').slice(1)) {
    const properties: unknown = withoutNull(at)['properties']
    if (!isMembers(properties) || !Object.hasOwn(properties, step)) {
      // Beyond is an unknown member, or a key or an index that is of the sender.
      if (isMembers(properties)) return { name: names.join('.'), wanted: 'has a member that is not known' }
      break
    }
    names.push(step)
    at = withoutNull(at)['properties'][step]
  }
  return { name: names.join('.'), wanted: describe(withoutNull(at)) }
}

function withoutNull(schema: TSchema): TSchema {
  const [first, second] = schema['anyOf'] ?? []
  return second?.type === 'null' ? first : schema
}

function describe({ type, anyOf, minimum, maximum, maxItems, maxLength }: TSchema): string {
  if (anyOf) return `must be one of ${anyOf.map((each: TSchema) => each['const']).join(' ')}`
  switch (type) {
    case 'boolean':
      return 'must be true or false'
    case 'integer':
      return `must be a whole number from ${minimum} to ${maximum}`
    case 'array':
      return `must be a list of at most ${maxItems} different values of the right form`
    case 'string':
      return `must be a text of 1 to ${maxLength} characters`
    default:
      return 'must be an object of the right form'
  }
}

/** Throws `invalid_request` for claims that config.yaml could not have either. `field` is their place. */
export function checkClaims(claims: StaticClaims, field: string): void {
  const [fault] = findClaimFaults(claims)
  if (!fault) return
  const { name, message } = fault
  // A reserved name is one of our own words; any other is the sender's own text.
  const place = name !== undefined && isReservedClaim(name) ? `${field}.${name}` : field
  throw new OAuthError('invalid_request', `The field ${place} ${message}`)
}

/** What a request holds to make something: members that have a default may be left out, and null stands for it. */
export function patchSchema(
  schema: TSchema,
  own: Readonly<Record<string, TSchema>> = {},
  named: { readonly title?: string } = {},
): TSchema {
  const properties: Readonly<Record<string, TSchema>> = schema['properties']
  const optional = Object.entries(properties).map(([name, property]) => [
    name,
    'default' in property ? Type.Optional(property) : property,
  ])
  return Type.Object({ ...own, ...Object.fromEntries(optional) }, { ...named, additionalProperties: false })
}
