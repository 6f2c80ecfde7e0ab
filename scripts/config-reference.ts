import { Kind, type TSchema } from '@sinclair/typebox'
import { formats } from '../src/config/formats.ts'
import { Config } from '../src/config/schema.ts'
import { choiceKind, durationKind, jsonKind } from '../src/config/schema-kinds.ts'
import { introduction } from './config-reference-text.ts'

/** Writes docs/configuration.md from the schema of config.yaml: `sh scripts/bun.sh scripts/config-reference.ts`. */
export const command = 'sh scripts/bun.sh scripts/config-reference.ts'
const path = `${import.meta.dir}/../docs/configuration.md`

/** A map of the file, such as `tenants.<id>.oauth2`. Its keys are the rows of one table. */
interface Level {
  readonly path: string
  readonly schema: TSchema
}

/** Renders docs/configuration.md. */
export function renderConfigReference(): string {
  const levels = findLevels({ path: '', schema: Config })
  return `${[introduction.trim(), ...levels.map(renderLevel)].join('\n\n')}\n`
}

/** Returns this level and the levels below it, in the order of the file. */
function findLevels({ path, schema }: Level): Level[] {
  const below = propertiesOf(schema).flatMap(([key, property]) => {
    const inner = innerMap(property)
    return inner ? findLevels({ path: `${joinPath(path, key)}${inner.suffix}`, schema: inner.schema }) : []
  })
  return [{ path, schema }, ...below]
}

function propertiesOf(schema: TSchema): [string, TSchema][] {
  return Object.entries<TSchema>(schema['properties'] ?? {})
}

/** Returns the schema of a map with fixed keys, of the values of a map by id, or of the maps in a list. */
function innerMap(property: TSchema): { schema: TSchema; suffix: string } | undefined {
  const schema = withoutNull(property)
  if (schema[Kind] === 'Object') return { schema, suffix: '' }
  const [value] = schema[Kind] === 'Record' ? Object.values<TSchema>(schema['patternProperties']) : []
  if (value?.[Kind] === 'Object') return { schema: value, suffix: '.<id>' }
  return isListOfMaps(schema) ? { schema: schema['items'], suffix: '[]' } : undefined
}

function isListOfMaps(schema: TSchema): boolean {
  return schema[Kind] === 'Array' && schema['items'][Kind] === 'Object'
}

function withoutNull(property: TSchema): TSchema {
  return property[Kind] === 'Union' ? property['anyOf'][0] : property
}

function joinPath(path: string, key: string): string {
  return `${path ? `${path}.` : ''}${key}`
}

function renderLevel({ path, schema }: Level): string {
  const rows = propertiesOf(schema).map(([key, property]) => renderRow(joinPath(path, key), property))
  const title = path === '' ? '## Top level' : `## \`${path}\``
  const description: string = path === '' ? 'The file is one map.' : `${String(schema['description'])}.`
  const table = ['| key | type | default | meaning |', '| --- | --- | --- | --- |', ...rows.map(renderCells)]
  return [
    title,
    description,
    rows.length > 0 ? table.join('\n') : 'It has no keys of its own yet: write `{}`.',
  ].join('\n\n')
}

function renderRow(path: string, property: TSchema): string[] {
  const schema = withoutNull(property)
  const meaning = String(property['description'] ?? schema['description'])
  return [
    `\`${path}\``,
    typeOf(schema),
    defaultOf(property),
    escapeMarkdown([meaning, ...allowedIn(schema)].join('. ')),
  ]
}

/** Markdown reads <id> as HTML. */
function escapeMarkdown(text: string): string {
  return text.replaceAll('<', '\\<')
}

function renderCells(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
}

/** The words for each kind that the reader (src/config/yaml/read.ts) knows. */
const typeNames: Readonly<Record<string, string>> = {
  Object: 'map',
  Record: 'map by id',
  Array: 'list of texts',
  Boolean: 'true or false',
  Integer: 'number',
  String: 'text',
  [durationKind]: 'duration',
  [choiceKind]: 'text',
  [jsonKind]: 'any value',
}

function typeOf(schema: TSchema): string {
  const name = typeNames[schema[Kind]]
  if (name === undefined) throw new TypeError(`The reference has no word for the kind ${schema[Kind]}`)
  if (isListOfMaps(schema)) return 'list of maps'
  return schema[Kind] === 'Record' ? typeOfMap(schema, name) : name
}

function typeOfMap(schema: TSchema, name: string): string {
  const [value] = Object.values<TSchema>(schema['patternProperties'])
  if (value?.[Kind] === jsonKind) return 'map of name to any value'
  return value?.[Kind] === 'String' ? 'map of text to text' : name
}

function defaultOf(property: TSchema): string {
  const value: unknown = property['default']
  if (value === undefined) return property[Kind] === 'String' ? '**required**' : 'absent'
  if (property[Kind] === durationKind) return `\`${Number(value)}\` (seconds)`
  if (Array.isArray(value)) return `\`[${value.join(', ')}]\``
  return `\`${typeof value === 'object' ? JSON.stringify(value) : String(value)}\``
}

/** The rules for a value, one sentence each, without the full stop. */
function allowedIn(schema: TSchema): string[] {
  const choices: readonly (string | number)[] | undefined = schema['enum']
  if (choices) return [`Allowed: ${choices.map((choice) => `\`${choice}\``).join(' ')}`]
  if (schema[Kind] === 'Array') {
    return [...allowedIn(schema['items']), ...(schema['minItems'] ? ['At least one'] : [])]
  }
  if (schema[Kind] === 'Record') return describeFormat(schema['keyFormat'], 'Each key')
  const { minimum, maximum } = schema
  if (schema[Kind] === durationKind) return [`From ${renderSeconds(minimum)} to ${renderSeconds(maximum)}`]
  if (minimum !== undefined) return [`From ${minimum} to ${maximum}`]
  return describeFormat(schema['format'], 'Wanted')
}

/** Uses the largest unit that gives a whole number. */
function renderSeconds(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ] as const
  const [size, unit] = units.find(([size]) => seconds > 0 && seconds % size === 0) ?? [1, 'second']
  return `${seconds / size} ${unit}${seconds === size ? '' : 's'}`
}

function describeFormat(format: string | undefined, subject: string): string[] {
  const wanted = format === undefined ? undefined : formats[format]?.wanted
  return wanted === undefined ? [] : [`${subject}: ${wanted}`]
}

if (import.meta.main) {
  await Bun.write(path, renderConfigReference())
  console.log('wrote docs/configuration.md')
}
