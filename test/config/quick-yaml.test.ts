import { expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { locateKeys, type PlainYaml, parseQuickly, type SoughtKey } from '../../src/config/yaml/quick-yaml.ts'
import { parseYaml, type Tree } from '../../src/config/yaml/yaml-tree.ts'

setDefaultTimeout(120_000)

const shipped = readFileSync(join(import.meta.dir, '../../config.yaml'), 'utf8')

/** What the exact parser says, in the same shape; undefined where it says that something is wrong. */
function parseExactly(text: string): PlainYaml | undefined {
  const { root, faults } = parseYaml(text)
  return root && faults.length === 0 ? plain(root) : undefined
}

function plain(tree: Tree): PlainYaml {
  if (tree.kind === 'scalar') return tree.isNull ? null : tree.text
  if (tree.kind === 'list') return tree.items.map(plain)
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plain(value)]))
}

/** Keys called null are refused by whoever reads the values. */
function hasNullKey(value: PlainYaml): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return value.some(hasNullKey)
  return Object.entries(value).some(([key, member]) => key === 'null' || hasNullKey(member))
}

function countTaken(generated: fc.Arbitrary<string>, numRuns: number): number {
  let taken = 0
  fc.assert(
    fc.property(generated, (text) => {
      const quick = parseQuickly(text)
      if (quick === undefined || hasNullKey(quick)) return
      taken++
      expect<unknown>([quick, text]).toEqual([parseExactly(text), text])
    }),
    { numRuns },
  )
  return taken
}

const word = fc.constantFrom(
  ...[
    'a',
    'b',
    'tenants',
    'x y',
    '0123',
    'no',
    '1e3',
    'null',
    '~',
    '',
    'é',
    '#',
    ' #',
    '-',
    '=',
    '<<',
    '.5',
    '12:30',
  ],
  ...[
    "it's",
    'a "b"',
    'a: b',
    'a,b',
    '[',
    '}',
    '\\',
    '__proto__',
    'Smith & Sons',
    'a | b',
    'https://x.example/?a=b#c',
  ],
)

/** Ends of lines in double quotes, escaped and not, and characters by their number. */
const quotedPart = fc.constantFrom(
  ...['a', ' ', '\n  ', '\n\n  ', '\\\n  ', '\\\n\n  ', '\\\r\n  ', '\\ ', '\\\\', '\\n', '\\"'],
  ...['\\x41', '\\u00e9', '\\ud800', '\\U0001f600', '\\U00110000', '\\N', '\\_', '\\/', '\\e', '\\0'],
)
const quoted = fc.array(quotedPart, { maxLength: 6 }).map((parts) => `"${parts.join('')}"`)

const scalar: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: word, weight: 4 },
  { arbitrary: word.map((text) => JSON.stringify(text)), weight: 2 },
  { arbitrary: word.map((text) => `'${text.replaceAll("'", "''")}'`), weight: 2 },
  {
    arbitrary: fc
      .tuple(word, word)
      .map(([first, second]) => `"${first.replace(/["\\]/g, '')}\n      ${second.replace(/["\\]/g, '')}"`),
    weight: 1,
  },
)

const key = fc.oneof(
  { arbitrary: fc.stringMatching(/^[a-e]{1,2}$/), weight: 6 },
  { arbitrary: scalar.filter((text) => !text.includes('\n')), weight: 1 },
)

const space = fc.constantFrom('', ' ', '  ', ' # a comment: [x', '\n')

const flow = fc.letrec<{ node: string }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 3 },
    scalar,
    fc
      .tuple(fc.array(tie('node'), { maxLength: 3 }), fc.boolean())
      .map(([items, comma]) => `[${items.join(', ')}${comma && items.length > 0 ? ',' : ''}]`),
    fc
      .array(fc.tuple(key, fc.constantFrom(': ', ':', ' : '), tie('node')), { maxLength: 3 })
      .map((pairs) => `{ ${pairs.map((pair) => pair.join('')).join(', ')} }`),
  ),
})).node

/** A block of lines, each a map or a list, that is indented by its depth. */
const block = fc
  .letrec<{ node: (indent: string) => string }>((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      fc.tuple(fc.oneof(flow, scalar), space).map(
        ([text, end]) =>
          () =>
            ` ${text}${end}\n`,
      ),
      fc
        .array(fc.tuple(key, tie('node'), space), { minLength: 1, maxLength: 4 })
        .map(
          (pairs) => (indent: string) =>
            `\n${pairs.map(([name, node, end]) => `${indent}${name}:${end.startsWith(' #') ? '' : end.replace('\n', '')}${node(`${indent}  `)}`).join('')}`,
        ),
      fc
        .array(tie('node'), { minLength: 1, maxLength: 3 })
        .map(
          (items) => (indent: string) =>
            `\n${items.map((node) => `${indent}-${node(`${indent}  `)}`).join('')}`,
        ),
    ),
  }))
  .node.map((render) => render(''))

const pieces = fc
  .array(
    fc.constantFrom(
      ...[
        'a',
        'b',
        ': ',
        ':',
        '\n',
        '\n  ',
        '\n    ',
        '- ',
        '-',
        '{',
        '}',
        '[',
        ']',
        ', ',
        ',',
        '"',
        "'",
        '#',
        ' #',
        ' ',
      ],
      ...[
        '& a',
        '&a ',
        '*a',
        '!!map ',
        '!x ',
        '? ',
        '?',
        '| ',
        '> ',
        '---\n',
        '...\n',
        '%',
        '\\',
        '\\\n',
        '\\\r\n',
        '\\U00110000',
        '\\U0001f600',
        '\t',
        '\r\n',
        '@',
        '`',
      ],
      ...[
        'null',
        '~',
        '<<',
        '__proto__',
        '\u2028',
        '\0',
        '0x1',
        '\u00a0',
        '\u0007',
        '\ufeff',
        '😀',
        '\ud800',
      ],
    ),
    { maxLength: 16 },
  )
  .map((words) => words.join(''))

test('what is read quickly is what is read exactly: heaps of YAML words', () => {
  expect(countTaken(pieces, 20_000)).toBeGreaterThan(1000)
})

test('what is read quickly is what is read exactly: documents with maps, lists, quotes and comments', () => {
  expect(countTaken(block, 20_000)).toBeGreaterThan(2000)
})

test('what is read quickly is what is read exactly: double quotes with escapes over several lines', () => {
  expect(countTaken(quoted, 10_000)).toBeGreaterThan(2000)
  expect(
    countTaken(
      quoted.map((text) => `a:\n  b: ${text}\n  c: d\n`),
      10_000,
    ),
  ).toBeGreaterThan(2000)
})

test('what is read quickly is what is read exactly: flow collections in each other', () => {
  expect(countTaken(flow, 10_000)).toBeGreaterThan(2000)
})

test('what is read quickly is what is read exactly: the shipped file with something in the place of a part', () => {
  const changed = fc
    .tuple(fc.nat(shipped.length), fc.nat(20), pieces)
    .map(([at, length, put]) => shipped.slice(0, at) + put + shipped.slice(at + length))
  expect(countTaken(changed, 1000)).toBeGreaterThan(50)
})

test('what is read quickly is what is read exactly: any text at all', () => {
  expect(countTaken(fc.string({ unit: 'binary', maxLength: 60 }), 5000)).toBeGreaterThan(500)
})

test.each([
  ['an empty item of a list', '- -\n- a\n'],
  ['a comment without a space', '{ a: [#], a: ["b\n  c"] }'],
  ['a list as a key without a value', '{ signing: { active: true, [kid] } }'],
  ['the same behind a comment', '{ a: { b: c, # one\n [kid] } }'],
  ['a list as a key', '[a]: b'],
  ['a key that stands twice', 'a: { b: c, b: d }'],
  ['a text that goes on too far to the left', 'a:\n  - "b\n  c"\n'],
  ['an anchor', 'a: &b c'],
  ['an alias in a list', 'a: [b, *c]'],
  ['a tag', 'a: !!str null'],
  ['a merge key', 'a: { <<: *b }'],
  ['a directive', '%YAML 1.1\n---\na: b'],
  ['an explicit key', '? a\n: b'],
  ['a second document', 'a: b\n---\nc: d'],
  ['an escaped end of line before an empty line', '"x\\\n\n  y"'],
  ['a character by a number that is none', '"\\U00110000"'],
  ['nothing at all', '# a comment\n'],
])('it is left to the exact parser: %s', (_what, text) => {
  expect(parseQuickly(text)).toBeUndefined()
})

test.each([
  'Smith & Sons',
  'a | b',
  '50 % off',
  'why?',
  "it's",
  'Müller',
  'https://x.example/?a=b#c',
  '12:30',
  '-5',
])('it is read quickly, for it is not rare in names: %s', (text) => {
  expect(parseQuickly(`tenants:\n  a: { name: ${text} }\n  b:\n    name: ${text}\n`)).toEqual({
    tenants: { a: { name: text }, b: { name: text } },
  })
})

test('the shipped file is read quickly', () => {
  expect(parseQuickly(shipped)).toEqual(parseExactly(shipped) ?? null)
})

function seek(value: PlainYaml): SoughtKey {
  const inside =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  return { at: undefined, inside: new Map(inside.map(([name, member]) => [name, seek(member)])) }
}

function placesIn(tree: Tree | undefined): unknown {
  if (tree?.kind !== 'map') return []
  return [...tree.entries].map(([name, { keyAt, value }]) => [name, keyAt, placesIn(value)]).sort()
}

function placesOf(sought: SoughtKey): unknown {
  return [...sought.inside].map(([name, key]) => [name, key.at, placesOf(key)]).sort()
}

test('the place of every key of the shipped file is found', () => {
  const root = seek(parseQuickly(shipped) ?? null)
  locateKeys(shipped, root)
  expect(placesOf(root)).toEqual(placesIn(parseYaml(shipped).root))
})

/** The tree with one key alone, for each of the keys. */
function eachAlone(sought: SoughtKey): (SoughtKey & { readonly alone: SoughtKey })[] {
  return [...sought.inside].flatMap(([name, key]) => {
    const wrap = (inner: SoughtKey) => ({ at: 0, inside: new Map([[name, inner]]) })
    const alone: SoughtKey = { at: undefined, inside: new Map() }
    const deeper = eachAlone(key).map((each) => ({
      ...wrap({ at: 0, inside: each.inside }),
      alone: each.alone,
    }))
    return [{ ...wrap(alone), alone }, ...deeper]
  })
}

test('a key that is looked for alone is found at the same place, and nothing behind it is read', () => {
  const root = seek(parseQuickly(shipped) ?? null)
  locateKeys(shipped, root)
  const all = (sought: SoughtKey): (number | undefined)[] =>
    [...sought.inside.values()].flatMap((key) => [key.at, ...all(key)])
  const alone = eachAlone(root).map((each) => {
    locateKeys(shipped, each)
    return each.alone.at
  })
  expect(alone).toEqual(all(root))
  const first = { at: 0, inside: new Map([['server', { at: undefined, inside: new Map() } as SoughtKey]]) }
  locateKeys('server: {}\nand: [what breaks off', first)
  expect(first.inside.get('server')?.at).toBe(0)
})

test('where nothing is looked for, nothing is read', () => {
  expect(() => locateKeys('[what breaks off', { at: 0, inside: new Map() })).not.toThrow()
})
