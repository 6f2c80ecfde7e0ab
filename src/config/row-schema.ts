import {
  Kind,
  type Static,
  type TObject,
  type TProperties,
  type TSchema,
  type TUnsafe,
  Type,
} from '@sinclair/typebox'
import { mostSeconds } from '../protocol/moment.ts'
import type { Unfilled } from './fill-settings.ts'
import { choiceKind, durationKind, jsonKind } from './schema-kinds.ts'

/** The value of a row: settings, any of which may be missing, and the members of `own`. */
export type RowOf<S extends TObject, P extends TProperties> = Omit<Unfilled<Static<S>>, keyof P> &
  Static<TObject<P>>

/**
 * The schema of a row with settings and the members `own`. It checks only types, not rules and bounds, so that a row stays readable when
 * a rule changes. Every setting is optional, because a row of an earlier build lacks newer settings; fill-settings.ts adds defaults.
 */
export function rowSchema<S extends TObject, P extends TProperties>(
  settings: S,
  own: P,
): TUnsafe<RowOf<S, P>> {
  return Type.Unsafe<RowOf<S, P>>(Type.Object({ ...membersOf(settings), ...own }))
}

function membersOf(schema: TSchema): TProperties {
  const properties = Object.entries<TSchema>(schema['properties'])
  return Object.fromEntries(properties.map(([name, property]) => [name, Type.Optional(convert(property))]))
}

function convert(schema: TSchema): TSchema {
  switch (schema[Kind]) {
    case 'Object':
      return Type.Object(membersOf(schema))
    case 'Record': {
      const [value] = Object.values<TSchema>(schema['patternProperties'])
      return Type.Record(Type.String(), value ? convert(value) : Type.Unknown())
    }
    case 'Union':
      return Type.Union([convert(schema['anyOf'][0]), Type.Null()])
    case 'Array':
      // A later build may write a choice that this build does not know. The code that uses the list ignores it.
      return Type.Array(schema['items'][Kind] === choiceKind ? Type.String() : convert(schema['items']))
    case jsonKind:
      return Type.Unknown()
    case 'Boolean':
      return Type.Boolean()
    case 'String':
      return Type.String()
    case choiceKind:
      return Type.Union(schema['enum'].map((choice: string) => Type.Literal(choice)))
    case 'Integer':
      return Type.Integer()
    case durationKind:
      return Type.Integer({ minimum: 0, maximum: mostSeconds })
    default:
      throw new TypeError(`A setting has the kind ${schema[Kind]}, which no row can have`)
  }
}
