import { type Static, type TSchema, Type } from '@sinclair/typebox'
import { Value, type ValueError } from '@sinclair/typebox/value'
import { OAuthError } from '../protocol/errors.ts'
import { isMembers, type Members } from '../protocol/members.ts'
import { findClaimFaults, isReservedClaim, type StaticClaims } from '../protocol/static-claims.ts'
import { formats } from './formats.ts'

/**
 * Applies a merge patch (RFC 7396) to the settings and returns the result: a member that is null gets its default. `schema` comes from
 * plain-schema.ts. Throws `invalid_request` for a patch that does not fit the schema; the message repeats nothing of the patch.
 */
export function patchSettings<S extends TSchema>(schema: S, current: Members, patch: Members): Static<S> {
  // The merge removes a null, so the check of the schema would not see an unknown member that is null.
  if (!Object.keys(patch).every((name) => Object.hasOwn(schema['properties'], name))) throw unknownMember()
  const merged = withDefaults(schema, mergePatch(current, patch, 0))
  if (Value.Check(schema, merged)) return merged
  throw explain(schema, Value.Errors(schema, merged).First())
}

/**
 * Fills in the default of each missing member. Value.Default of TypeBox is not used, because it turns a list into a map if the map has a
 * default.
 */
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

/** Levels of objects in a patch. Settings are less deep. */
const deepest = 8

function mergePatch(target: unknown, patch: unknown, depth: number): unknown {
  if (!isMembers(patch)) return patch
  if (depth > deepest) throw unknownMember()
  const merged = new Map(isMembers(target) ? Object.entries(target) : [])
  for (const [name, value] of Object.entries(patch)) {
    // Assigning this name would change the prototype and lose the member.
    if (name === '__proto__') throw unknownMember()
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name), value, depth + 1))
  }
  return Object.fromEntries(merged)
}

function unknownMember(): OAuthError {
  return new OAuthError('invalid_request', 'The request body has a field that is not known')
}

function explain(schema: TSchema, error: ValueError | undefined): OAuthError {
  const { name, wanted } = locate(schema, innermost(error)?.path ?? '')
  if (name === '') return unknownMember()
  return new OAuthError('invalid_request', `The field ${name} ${wanted}`)
}

/** For a value that may be null, finds the error of the other alternative, which says more. */
function innermost(error: ValueError | undefined): ValueError | undefined {
  const errors = [...(error?.errors[0] ?? [])]
  const inner = errors.find(({ value }) => value !== undefined) ?? errors[0]
  return inner && inner.path !== error?.path ? innermost(inner) : error
}

/** Returns the names of settings along the path. A key of a map is the sender's own text and is left out. */
function locate(schema: TSchema, path: string): { name: string; wanted: string } {
  const names: string[] = []
  let at = schema
  for (const step of path.split('/').slice(1)) {
    const properties: unknown = withoutNull(at)['properties']
    if (!isMembers(properties) || !Object.hasOwn(properties, step)) {
      // The rest of the path is an unknown member, or a key or an index of the sender.
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

/** The words for the patterns of formats, which the schema of a request has instead of the formats. */
const wantedByPattern = new Map(
  Object.values(formats).flatMap(({ pattern, wanted }) =>
    pattern ? [[pattern.source, wanted] as const] : [],
  ),
)

function describe(schema: TSchema): string {
  const { type, minimum, maximum, maxItems } = schema
  if (schema['anyOf'] || type === 'string') return `must be ${formOf(schema)}`
  switch (type) {
    case 'boolean':
      return 'must be true or false'
    case 'integer':
      return `must be a whole number from ${minimum} to ${maximum}`
    case 'array':
      return `must be a list of at most ${maxItems} different values, each ${formOf(schema['items'])}`
    default:
      return 'must be an object of the right form'
  }
}

function formOf({ type, anyOf, pattern, maxLength }: TSchema): string {
  if (anyOf) return `one of ${anyOf.map((each: TSchema) => each['const']).join(' ')}`
  if (type !== 'string') return 'of the right form'
  return wantedByPattern.get(pattern) ?? `a text of 1 to ${maxLength} characters`
}

/** Checks static claims by the rules of config.yaml. `field` names their place. Throws `invalid_request`. */
export function checkClaims(claims: StaticClaims, field: string): void {
  const [fault] = findClaimFaults(claims)
  if (!fault) return
  const { name, message } = fault
  // A reserved name comes from our own list; any other name is the sender's own text and is not repeated.
  const place = name !== undefined && isReservedClaim(name) ? `${field}.${name}` : field
  throw new OAuthError('invalid_request', `The field ${place} ${message}`)
}

/** The schema of a request that creates something. Members with a default are optional, and null stands for the default. */
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
