import { Kind, type TSchema, Type } from '@sinclair/typebox'
import { mostClaims } from '../protocol/static-claims.ts'

/**
 * The kinds of settings that TypeBox lacks: Duration (text to seconds), Choice (one of some texts), Json (any value), and maps whose keys
 * have a format of formats.ts.
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

/** Any JSON value. A scalar without quotes that is a JSON literal (true, false, null, a number) is that value; any other is a text. */
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

/** A value that may be null, and is null when left out. The description defaults to that of the value. */
export function OrNull<T extends TSchema>(schema: T, description = String(schema['description'])) {
  return Type.Union([schema, Type.Null()], { default: null, description })
}

/** The path of a file, relative to the file of the setting; null when left out. */
export function FileOrNull(description: string) {
  return OrNull(Type.String({ minLength: 1, format: 'path', description }))
}

/** The name of an environment variable; null when left out. */
export function VariableOrNull(description: string) {
  return OrNull(Type.String({ minLength: 1, format: 'variable', description }))
}

/** Seconds. */
export const longestTokenLife = 365 * 86_400

export function TokensPerMinute(description: string) {
  return Type.Integer({ minimum: 1, maximum: 1_000_000_000, description })
}

/** Seconds, or a duration such as 15m. */
export function AccessTokenTtl(options: { description: string; default?: number }) {
  return Duration({ minimum: 1, maximum: longestTokenLife, ...options })
}

export function Audience(description: string) {
  return Type.Array(Type.String({ minLength: 1 }), { minItems: 1, description })
}

/** Static claims; protocol/static-claims.ts has their rules. */
export function Claims(description: string) {
  return MapOf('claim', Json(), { default: {}, maxProperties: mostClaims, description })
}
