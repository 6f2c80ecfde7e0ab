import { Kind, type TObject, type TSchema, Type } from '@sinclair/typebox'
import { choiceKind, durationKind, jsonKind } from './schema-kinds.ts'

/** The members of an answer that shows settings. All are required; bounds and rules are left out, because they concern requests. */
export function viewMembers(settings: TObject): Record<string, TSchema> {
  const properties = Object.entries<TSchema>(settings.properties)
  return Object.fromEntries(properties.map(([name, property]) => [name, convert(property)]))
}

function convert(schema: TSchema): TSchema {
  const { description } = schema
  const shared = description === undefined ? {} : { description }
  switch (schema[Kind]) {
    case 'Object':
      return Type.Object(viewMembers(schema as TObject), shared)
    case 'Record': {
      const [value] = Object.values<TSchema>(schema['patternProperties'])
      return Type.Record(Type.String(), value ? convert(value) : Type.Unknown(), shared)
    }
    case 'Union': {
      const { description: _, ...inner } = convert(schema['anyOf'][0])
      return Type.Union([inner as TSchema, Type.Null()], shared)
    }
    case 'Array': {
      const { description: _, ...items } = convert(schema['items'])
      return Type.Array(items as TSchema, shared)
    }
    case jsonKind:
      return Type.Unknown(shared)
    case 'Boolean':
      return Type.Boolean(shared)
    case 'String':
    case choiceKind:
      return Type.String(shared)
    case 'Integer':
    case durationKind:
      return Type.Integer(shared)
    default:
      throw new TypeError(`A setting has the kind ${schema[Kind]}, which no answer can show`)
  }
}
