import { expect, spyOn, test } from 'bun:test'
import { Alias } from 'yaml'
import { parseYaml, type Tree } from '../../src/config/yaml/yaml-tree.ts'
import { faultsOf, parse } from '../support/config-text.ts'

const patience = 60_000
const tooMany = 'the file expands to more than 10000 values through aliases'
const tooDeep = 'the file is nested deeper than 64 levels'

const faultsOfTree = (text: string) => parseYaml(text).faults.map(({ message }) => message)

/** Nine levels of ten aliases each: a billion values. */
const bomb = [
  'a0: &a0 [x, x, x, x, x, x, x, x, x, x]',
  ...Array.from({ length: 9 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(10).fill(`*a${i}`).join(', ')}]`),
].join('\n')

// No test could wait for all of it.
test('an alias bomb is refused with one fault, and is not built', () => {
  expect(faultsOfTree(bomb)).toEqual([tooMany])
})

test('an alias bomb in a configuration is told where it stands', async () => {
  const faults = await faultsOf(bomb)
  expect(faults).toContain(`config.yaml:1:28: ${tooMany}`)
})

test('one alias of a huge list is refused with one fault', () => {
  expect(faultsOfTree(`a: &a [${'x,'.repeat(20_000)}]\nb: *a`)).toEqual([tooMany])
})

test('many aliases of one value are refused', () => {
  expect(faultsOfTree(`a: &a x\nb: [${'*a,'.repeat(20_000)}]`)).toEqual([tooMany])
})

/** The package's own way to find what an alias stands for reads the whole document again for each. */
test('aliases up to the limit are taken without reading what stands before their anchor again for each', () => {
  const resolve = spyOn(Alias.prototype, 'resolve')
  const text = `z: [${'x,'.repeat(20_000)}]\na: &a x\nb: [${'*a,'.repeat(9000)}]`
  expect(faultsOfTree(text)).toEqual([])
  expect(resolve).not.toHaveBeenCalled()
  resolve.mockRestore()
})

test('an alias that holds itself is refused', () => {
  expect(faultsOfTree('a: &a { b: *a }')).toEqual([tooDeep])
})

test('an alias without an anchor before it is refused where it stands', async () => {
  expect(await faultsOf('data_dir: *later\nserver: { host: &later x }')).toEqual([
    'config.yaml:1:11: an alias has no anchor before it; put quotes around a text that starts with *',
    'config.yaml:1:11: data_dir is null, wanted a text; quote it if it is meant as one',
  ])
})

const depth = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`

test('nesting up to 64 levels is taken, one more is refused', () => {
  expect(faultsOfTree(depth(64))).toEqual([])
  expect(faultsOfTree(depth(65))).toEqual([tooDeep])
})

test.each([1000, 100_000])(
  'nesting of %d levels is refused with few words and no crash',
  (levels) => {
    for (const text of [depth(levels), '['.repeat(levels), '- '.repeat(levels), '{a: '.repeat(levels)]) {
      const faults = faultsOfTree(text)
      expect(faults.length).toBeGreaterThan(0)
      expect(faults.length).toBeLessThan(10)
    }
  },
  patience,
)

function textOf(tree: Tree | undefined): unknown {
  if (tree?.kind === 'map') return [...tree.entries].map(([key, { value }]) => [key, textOf(value)])
  return tree?.kind === 'list' ? tree.items.map(textOf) : tree?.text
}

test('an alias stands for the anchor that is the last before it', () => {
  expect(textOf(parseYaml('[&a x, *a, &a y, *a]').root)).toEqual(['x', 'x', 'y', 'y'])
})

test('an alias inside of what is repeated keeps its meaning', () => {
  const text = '[&a x, &list [*a], &a y, *list, *a]'
  expect(textOf(parseYaml(text).root)).toEqual(['x', ['x'], 'y', ['x'], 'y'])
})

test('an anchor on a key can be repeated as a value', () => {
  expect(textOf(parseYaml('&k name: v\nother: *k').root)).toEqual([
    ['name', 'v'],
    ['other', 'name'],
  ])
})

test('what clients share is written once', async () => {
  const text = `tenants:
  a:
    name: A
    oauth2: { scopes: { read: R } }
    clients:
      one: &service { secret: own-secret-1, scopes: &scopes [read] }
      two: *service
      three: { secret: own-secret-3, scopes: *scopes }
`
  const { config } = await parse(text)
  expect(config.tenants['a']?.clients['two']).toEqual(config.tenants['a']?.clients['one'])
  expect(config.tenants['a']?.clients['three']?.scopes).toEqual(['read'])
})
