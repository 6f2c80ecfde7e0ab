import { type TSchema, Type } from '@sinclair/typebox'
import { isMembers, type Members } from '../protocol/members.ts'
import { formats } from './formats.ts'
import { Config } from './schema.ts'

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

function convert(schema: Members): Members {
  const { format, keyFormat, properties, required, patternProperties, items, anyOf, ...rest } = schema
  return {
    ...rest,
    ...(typeof format === 'string' && describeFormat(format)),
    ...(isMembers(items) && { items: convert(items) }),
    ...(Array.isArray(anyOf) && { anyOf: anyOf.map(convert) }),
    ...(isMembers(properties) && convertProperties(properties, Array.isArray(required) ? required : [])),
    ...(isMembers(patternProperties) && convertMap(patternProperties, String(keyFormat))),
  }
}

/** Turns a format of ours into a pattern, if it has one. */
function describeFormat(format: string): Members {
  const pattern = formats[format]?.pattern
  return pattern ? { pattern: pattern.source } : {}
}

/** A key with a default is not required. */
function convertProperties(properties: Members, required: readonly unknown[]): Members {
  const members = Object.entries(properties).map(
    ([name, value]) => [name, isMembers(value) ? convert(value) : value] as const,
  )
  const needed = required.filter((name) => {
    const property = properties[String(name)]
    return isMembers(property) && !('default' in property)
  })
  return {
    properties: Object.fromEntries(members),
    ...(needed.length > 0 && { required: needed }),
    additionalProperties: false,
  }
}

function convertMap(patternProperties: Members, keyFormat: string): Members {
  const [value] = Object.values(patternProperties)
  return {
    propertyNames: describeFormat(keyFormat),
    additionalProperties: isMembers(value) ? convert(value) : true,
  }
}
