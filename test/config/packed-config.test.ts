import { expect, test } from 'bun:test'
import { Kind, type TSchema, Type } from '@sinclair/typebox'
import fc from 'fast-check'
import { deepFreeze } from '../../src/config/packed/deep-freeze.ts'
import { packConfig, unpackConfig } from '../../src/config/packed/packed-config.ts'
import { createMemberPacking } from '../../src/config/packed/packed-members.ts'
import { restoreMaps } from '../../src/config/packed/restore-maps.ts'
import { Config } from '../../src/config/schema.ts'
import { choiceKind, durationKind, jsonKind, MapOf, OrNull } from '../../src/config/schema-kinds.ts'
import { parse } from '../support/config-text.ts'

/** Any value of a schema of config.yaml as the reader makes it: each key that may be missing is there or is not. */
function anyOfSchema(schema: TSchema): fc.Arbitrary<unknown> {
  switch (schema[Kind]) {
    case 'Object': {
      const properties = Object.entries<TSchema>(schema['properties'])
      const members = Object.fromEntries(properties.map(([key, property]) => [key, anyOfSchema(property)]))
      return fc.record(members, { requiredKeys: schema['required'] ?? [], noNullPrototype: true })
    }
    case 'Record': {
      const [member] = Object.values<TSchema>(schema['patternProperties'])
      if (!member) throw new TypeError('A map has no schema of its values')
      const key = fc.constantFrom('a', 'B', '__proto__', 'constructor', 'x y', '0')
      return fc
        .uniqueArray(fc.tuple(key, anyOfSchema(member)), { selector: ([each]) => each, maxLength: 3 })
        .map((entries) => withoutPrototype(entries))
    }
    case 'Union':
      return fc.oneof(fc.constant(null), anyOfSchema(schema['anyOf'][0]))
    case 'Array':
      return fc.array(anyOfSchema(schema['items']), { maxLength: 3 })
    case 'Boolean':
      return fc.boolean()
    case jsonKind:
      return fc.jsonValue()
    case 'Integer':
    case durationKind:
      return fc.integer()
    case choiceKind:
      return fc.constantFrom(...schema['enum'])
    case 'String':
      return fc.string({ unit: 'binary' })
    default:
      throw new TypeError(`Nothing is known of the kind ${String(schema[Kind])}`)
  }
}

function withoutPrototype(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const map: Record<string, unknown> = Object.create(null)
  for (const [key, value] of entries) map[key] = value
  return map
}

/** The value as a text that has everything: each key, and whether what holds it has a prototype. */
function spell(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined'
  if (Array.isArray(value)) return `[${value.map(spell)}]`
  const mark = Object.getPrototypeOf(value) === null ? 'map' : ''
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${spell(member)}`)
  return `${mark}{${members.sort()}}`
}

/** Every place where a key of the schema is optional or is a map, by its path. */
function optionalKeys(schema: TSchema, path = ''): string[] {
  const required: readonly string[] = schema['required'] ?? []
  const inside = Object.entries<TSchema>(schema['properties'] ?? schema['patternProperties'] ?? {})
  const below = inside.flatMap(([key, property]) => {
    const at = `${path}.${schema[Kind] === 'Record' ? '*' : key}`
    const isOptional = schema[Kind] === 'Object' && !required.includes(key)
    return [...(isOptional ? [at] : []), ...optionalKeys(property, at)]
  })
  const items = schema['items'] ?? schema['anyOf']?.[0]
  return items ? [...below, ...optionalKeys(items, `${path}[]`)] : below
}

test('what the property below is about is there', () => {
  expect(optionalKeys(Config)).toEqual(
    expect.arrayContaining(['.admin', '.tenants.*.oauth2', '.tenants.*.oidc', '.tenants.*.api_keys']),
  )
})

test('every configuration of the schema is the same once it was packed, whichever optional keys it has', () => {
  fc.assert(
    fc.property(anyOfSchema(Config), (value) => {
      const config = deepFreeze(value) as Config
      expect(spell(unpackConfig(packConfig(config)))).toBe(spell(config))
    }),
    { numRuns: 300 },
  )
})

test('a key that no line of the packing names survives, at every level above the clients', async () => {
  const { config } = await parse('storage: memory\ntenants: { acme: { name: Acme } }\n')
  const { acme } = config.tenants
  const grown = { ...config, limits: { per: { a: 1 } }, tenants: { acme: { ...acme, limits: { b: 2 } } } }
  const packed: unknown = unpackConfig(packConfig(grown as unknown as Config))
  expect(packed).toMatchObject({ limits: { per: { a: 1 } }, tenants: { acme: { limits: { b: 2 } } } })
})

test('members of every sort survive in what is packed by the places of a schema', () => {
  const schema = Type.Object({
    flag: Type.Boolean({ default: true }),
    block: Type.Optional(Type.Object({ deep: Type.Optional(Type.Integer()) })),
    map: MapOf('client-id', MapOf('client-id', Type.Integer(), { description: '', default: {} }), {
      description: '',
      default: {},
    }),
    list: OrNull(Type.Array(MapOf('client-id', Type.String(), { description: '', default: {} }))),
    needed: Type.String(),
  })
  const packing = createMemberPacking(schema)
  fc.assert(
    fc.property(anyOfSchema(schema), (value) => {
      const packed = packing.pack(value as (typeof schema)['static'])
      expect(packed).not.toContain('\n')
      expect(spell(packing.unpack(packed))).toBe(spell(value))
    }),
  )
})

test('a map of a block that was added to the schema knows no word that nobody wrote', () => {
  const schema = Type.Object({
    block: Type.Optional(
      Type.Object({ map: MapOf('client-id', Type.Integer(), { description: '', default: {} }) }),
    ),
  })
  const { block } = restoreMaps(schema, JSON.parse('{"block":{"map":{"__proto__":1}}}'))
  expect(Object.keys(block?.map ?? {})).toEqual(['__proto__'])
  expect(block?.map['constructor']).toBeUndefined()
})
