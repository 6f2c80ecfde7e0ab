import { Kind, type TSchema, Type } from '@sinclair/typebox'
import { mostClaims } from '../protocol/static-claims.ts'

/**
 * What schema.ts says beyond TypeBox: Duration (text to seconds), Choice (one of some texts), and the `format` of a string,
 * whose rules are in formats.ts.
 */

export const durationKind = 'Duration'
export const choiceKind = 'Choice'
export const jsonKind = 'Json'

export function Duration(options: {
  description: string
  minimum: number
  maximum: number
  default?: number
}) {
  return Type.Unsafe<number>({
    ...options,
    [Kind]: durationKind,
    type: ['integer', 'string'],
    pattern: '^[0-9]+[smhd]?$',
  })
}

export function Choice<const T extends string>(
  values: readonly T[],
  options: { description: string; default?: T },
) {
  return Type.Unsafe<T>({ ...options, [Kind]: choiceKind, type: 'string', enum: values })
}

/** Any JSON value. An unquoted scalar that is true, false, null or a number as JSON spells it is that, and any other is a text. */
export function Json() {
  return Type.Unsafe<unknown>({ [Kind]: jsonKind })
}

/** A map whose keys are of a format of formats.ts. */
export function MapOf<T extends TSchema>(
  keyFormat: string,
  value: T,
  options: { description: string; default: object; maxProperties?: number },
) {
  return Type.Record(Type.String(), value, { ...options, keyFormat })
}

/** A value that may be null, and is null when left out. Its description is that of the value, unless one is given. */
export function OrNull<T extends TSchema>(schema: T, description = String(schema['description'])) {
  return Type.Union([schema, Type.Null()], { default: null, description })
}

/** Seconds. */
export const longestTokenLife = 365 * 86_400

export function AccessTokenTtl(options: { description: string; default?: number }) {
  return Duration({ minimum: 1, maximum: longestTokenLife, ...options })
}

export function Audience(description: string) {
  return Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description })
}

/** Static claims; static-claims.ts has the rules for them. */
export function Claims(description: string) {
  return MapOf('claim', Json(), { default: {}, maxProperties: mostClaims, description })
}
