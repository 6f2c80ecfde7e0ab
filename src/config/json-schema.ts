import { type TSchema, Type } from '@sinclair/typebox'
import { formats } from './formats.ts'
import { Config } from './schema.ts'

type Json = { readonly [member: string]: unknown }

/** Renders the JSON Schema (draft 7) of config.yaml from the schema that the reader uses. */
export function renderConfigSchema(): string {
  return renderSchema(Config)
}

/** Renders the JSON Schema of a file that config.yaml includes. */
export function renderIncludedSchema(): string {
  const title = 'file of tenants that config.yaml of grantd includes'
  const { default: _, ...tenants } = Config.properties.tenants
  return renderSchema(Type.Object({ tenants }, { title }))
}

function renderSchema(source: TSchema): string {
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...convert(JSON.parse(JSON.stringify(source))),
  }
  return `${JSON.stringify(schema, null, 2)}\n`
}

function convert(schema: Json): Json {
  const { format, keyFormat, properties, required, patternProperties, items, anyOf, ...rest } = schema
  return {
    ...rest,
    ...(typeof format === 'string' && describeFormat(format)),
    ...(isJson(items) && { items: convert(items) }),
    ...(Array.isArray(anyOf) && { anyOf: anyOf.map(convert) }),
    ...(isJson(properties) && convertProperties(properties, Array.isArray(required) ? required : [])),
    ...(isJson(patternProperties) && convertMap(patternProperties, String(keyFormat))),
  }
}

/** Turns a format of ours into a pattern, if it has one. */
function describeFormat(format: string): Json {
  const pattern = formats[format]?.pattern
  return pattern ? { pattern: pattern.source } : {}
}

/** A key with a default is not required. */
function convertProperties(properties: Json, required: readonly unknown[]): Json {
  const members = Object.entries(properties).map(
    ([name, value]) => [name, isJson(value) ? convert(value) : value] as const,
  )
  const needed = required.filter((name) => {
    const property = properties[String(name)]
    return isJson(property) && !('default' in property)
  })
  return {
    properties: Object.fromEntries(members),
    ...(needed.length > 0 && { required: needed }),
    additionalProperties: false,
  }
}

function convertMap(patternProperties: Json, keyFormat: string): Json {
  const [value] = Object.values(patternProperties)
  return {
    propertyNames: describeFormat(keyFormat),
    additionalProperties: isJson(value) ? convert(value) : true,
  }
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
