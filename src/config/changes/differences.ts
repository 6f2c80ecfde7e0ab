import { Kind, type TSchema } from '@sinclair/typebox'
import { isMembers } from '../../protocol/members.ts'
import { formats } from '../formats.ts'
import { durationKind } from '../schema-kinds.ts'
import { shapeOf } from '../schema-shapes.ts'

/** One setting that differs. */
export interface Difference {
  /** Its name below the thing that it belongs to, such as `oauth2.access_token_ttl`. */
  readonly setting: string
  /** The values as texts; left out for secrets, passwords, paths and addresses, which are never shown. */
  readonly before?: string
  readonly after?: string
  /** For lists and maps: what is new, and what is gone. */
  readonly added?: readonly string[]
  readonly removed?: readonly string[]
}

/** Settings whose values are not shown, besides those whose format says so. */
const hidden = new Set(['password', 'secret', 'secrets', 'jwks', 'claims', 'attributes', 'email'])

interface Compared {
  readonly schema: TSchema
  readonly before: unknown
  readonly after: unknown
  readonly path: readonly string[]
}

/** Finds the settings that differ, by their schema. `without` names settings of the first level that are compared elsewhere. */
export function findDifferences(
  schema: TSchema,
  [before, after]: readonly [before: unknown, after: unknown],
  without: readonly string[] = [],
): Difference[] {
  return compareMembers({ schema, before, after, path: [] }, without)
}

function compare(compared: Compared): Difference[] {
  const { schema, before, after, path } = compared
  if (before === after || JSON.stringify(before) === JSON.stringify(after)) return []
  const setting = path.join('.')
  const name = path.at(-1) ?? ''
  if (hidden.has(name) || formats[schema['format'] ?? '']?.secret) return [{ setting }]
  switch (schema[Kind]) {
    case 'Union':
      if (before === null || after === null) return [renderBoth(schema['anyOf'][0], compared)]
      return compare({ ...compared, schema: schema['anyOf'][0] })
    case 'Object':
      if (!isMembers(before) || !isMembers(after)) return [renderBoth(schema, compared)]
      return compareMembers(compared, [])
    case 'Record':
    case 'Array':
      return [{ setting, ...compareItems(before, after) }]
    default:
      return [renderBoth(schema, compared)]
  }
}

function compareMembers({ schema, before, after, path }: Compared, without: readonly string[]): Difference[] {
  const [old, next] = [isMembers(before) ? before : {}, isMembers(after) ? after : {}]
  return shapeOf(schema)
    .properties.filter(({ key }) => !without.includes(key))
    .flatMap(({ key, schema: property }) =>
      compare({ schema: property, before: old[key], after: next[key], path: [...path, key] }),
    )
}

function renderBoth(schema: TSchema, { before, after, path }: Compared): Difference {
  const setting = path.join('.')
  if (hidden.has(path.at(-1) ?? '') || formats[schema['format'] ?? '']?.secret) return { setting }
  return { setting, before: renderValue(before, schema), after: renderValue(after, schema) }
}

function renderValue(value: unknown, schema: TSchema): string {
  if (value === undefined) return 'none'
  if (typeof value === 'number' && schema[Kind] === durationKind) return renderDuration(value)
  // The members of a block that comes or goes may be secrets.
  if (isMembers(value)) return 'set'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function renderDuration(seconds: number): string {
  for (const [unit, size] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const)
    if (seconds > 0 && seconds % size === 0) return `${seconds / size}${unit}`
  return `${seconds}s`
}

/** Compares lists and maps by their texts and keys. */
function compareItems(before: unknown, after: unknown): Pick<Difference, 'added' | 'removed'> {
  const [old, next] = [itemsOf(before), itemsOf(after)]
  const added = next.filter((item) => !old.includes(item))
  const removed = old.filter((item) => !next.includes(item))
  return { ...(added.length > 0 && { added }), ...(removed.length > 0 && { removed }) }
}

function itemsOf(value: unknown): string[] {
  if (Array.isArray(value))
    return value.map((item) => (typeof item === 'string' ? item : JSON.stringify(item)))
  return isMembers(value) ? Object.keys(value) : []
}
