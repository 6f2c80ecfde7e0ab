import { Kind, type Static, type TSchema, type TUnsafe, Type } from '@sinclair/typebox'
import { formats } from './formats.ts'
import { choiceKind, durationKind, jsonKind } from './schema-kinds.ts'

/** The most members of a list or a map in a request. */
const mostMembers = 100
/** The most characters of a text; a URL may be longer. */
const longestText = 200
const longestUrl = 1000

/**
 * Turns a schema of config.yaml into one for JSON requests, with the same defaults and rules: a duration is a number of seconds, an
 * unknown member is refused, and lists and texts are bounded. A format without a pattern (issuer, resource) needs a separate check.
 */
export function plainSchema<S extends TSchema>(schema: S): TUnsafe<Static<S>> {
  return Type.Unsafe<Static<S>>(convert(schema))
}

function convert(schema: TSchema): TSchema {
  const shared = optionsOf(schema)
  switch (schema[Kind]) {
    case 'Object':
      return Type.Object(convertAll(schema['properties'], schema['required'] ?? []), {
        ...shared,
        additionalProperties: false,
      })
    case 'Record':
      return convertMap(schema, shared)
    case 'Union':
      return Type.Union([convert(schema['anyOf'][0]), Type.Null()], shared)
    case 'Array': {
      const { items, minItems = 0 } = schema
      return Type.Array(convert(items), { ...shared, minItems, maxItems: mostMembers, uniqueItems: true })
    }
    case 'String':
      return convertText(schema, shared)
    case 'Boolean':
      return Type.Boolean(shared)
    case jsonKind:
      return Type.Unknown(shared)
    case choiceKind:
      return oneOf(schema['enum'], shared)
    case 'Integer':
    case durationKind: {
      const { minimum, maximum } = schema
      return schema['enum'] ? oneOf(schema['enum'], shared) : Type.Integer({ ...shared, minimum, maximum })
    }
    default:
      throw new TypeError(`A schema of config.yaml has the kind ${schema[Kind]}, which is not known here`)
  }
}

function optionsOf({ description, default: byDefault }: TSchema) {
  return {
    ...(description !== undefined && { description }),
    ...(byDefault !== undefined && { default: byDefault }),
  }
}

function convertAll(
  properties: Readonly<Record<string, TSchema>>,
  required: readonly string[],
): Record<string, TSchema> {
  return Object.fromEntries(
    Object.entries(properties).map(([name, property]) => {
      const converted = convert(property)
      return [name, required.includes(name) ? converted : Type.Optional(converted)]
    }),
  )
}

function convertMap(schema: TSchema, shared: object): TSchema {
  const [value] = Object.values<TSchema>(schema['patternProperties'])
  const pattern = formats[schema['keyFormat']]?.pattern
  if (!value || !pattern) throw new TypeError('A map of config.yaml has no rule for its keys or values')
  const key = Type.String({ pattern: pattern.source })
  const options = {
    ...shared,
    additionalProperties: false,
    maxProperties: schema['maxProperties'] ?? mostMembers,
  }
  return Type.Record(key, convert(value), options)
}

function convertText({ format, minLength = 0 }: TSchema, shared: object): TSchema {
  const pattern = format === undefined ? undefined : formats[format]?.pattern
  const maxLength = format !== undefined && !pattern ? longestUrl : longestText
  return Type.String({ ...shared, minLength, maxLength, ...(pattern && { pattern: pattern.source }) })
}

function oneOf(values: readonly (string | number)[], shared: object): TSchema {
  return Type.Union(
    values.map((value) => Type.Literal(value)),
    shared,
  )
}
