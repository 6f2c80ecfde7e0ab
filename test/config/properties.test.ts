import { expect, setDefaultTimeout, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { suggest } from '../../src/config/suggest.ts'
import { parseDuration } from '../../src/protocol/duration.ts'
import { faultsOf } from '../support/config-text.ts'

setDefaultTimeout(60_000)

const shipped = readFileSync(join(import.meta.dir, '../../config.yaml'), 'utf8')

test('any text at all is a configuration or a list of faults with places', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 200 }), async (text) => {
      for (const fault of await faultsOf(text))
        expect(fault).toMatch(/^config\.yaml:[1-9]\d*:[1-9]\d*: [^\n]*$/u)
    }),
    { numRuns: 500 },
  )
})

const yamlish = fc
  .array(
    fc.constantFrom(
      ...['tenants', 'server', 'clients', 'secret', 'scopes', 'name', 'a', ': ', ':', '\n', '\n  ', '\n    '],
      ...[
        '- ',
        '{',
        '}',
        '[',
        ']',
        ', ',
        '"',
        "'",
        '&a ',
        '*a',
        '!!map ',
        '!x ',
        '? ',
        '| ',
        '> ',
        '---\n',
        '#',
      ],
      ...['null', '~', '\t', '%', '<<', '__proto__', '\u2028', '\0', '0x1'],
    ),
    { maxLength: 40 },
  )
  .map((words) => words.join(''))

test('any heap of YAML words is a configuration or a list of faults', async () => {
  await fc.assert(
    fc.asyncProperty(yamlish, async (text) => {
      expect(Array.isArray(await faultsOf(text))).toBe(true)
    }),
    { numRuns: 1000 },
  )
})

test('the shipped file with something put in the place of a part is a configuration or a list of faults', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(shipped.length), fc.nat(30), yamlish, async (at, length, put) => {
      const text = shipped.slice(0, at) + put + shipped.slice(at + length)
      expect(Array.isArray(await faultsOf(text))).toBe(true)
    }),
    { numRuns: 300 },
  )
})

const seconds = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 } as const

test('a duration is its number times its unit', () => {
  const unit = fc.constantFrom(...(Object.keys(seconds) as (keyof typeof seconds)[]))
  fc.assert(
    fc.property(fc.nat(999_999), unit, (count, unit) => {
      expect(parseDuration(`${count}${unit}`)).toBe(count * seconds[unit])
    }),
  )
})

test('a text that is no duration is none', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      fc.pre(!/^\d{1,12}[smhd]?$/.test(text))
      expect(parseDuration(text)).toBeUndefined()
    }),
  )
  for (const text of ['', 's', '1\n', ' 1', '١', '1s1', '1000000000000s'])
    expect(parseDuration(text)).toBeUndefined()
})

test('a word is its own nearest, and one slip away from itself', () => {
  const word = fc.stringMatching(/^[a-z_]{5,20}$/)
  fc.assert(
    fc.property(word, fc.nat(), (word, number) => {
      const at = number % (word.length - 1)
      const without = word.slice(0, at) + word.slice(at + 1)
      const swapped = word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2)
      for (const slip of [word, without, swapped, `${word}x`])
        expect(suggest(slip, ['0123456789', word])).toBe(word)
    }),
  )
})

test('the nearest of several is suggested, and none that is far', () => {
  expect(suggest('secrt_fil', ['secret', 'secret_file', 'secret_env'])).toBe('secret_file')
  expect(suggest('prt', ['host', 'port'])).toBe('port')
  expect(suggest('hsot', ['host', 'port'])).toBe('host')
  expect(suggest('database', ['data_dir', 'server', 'tenants'])).toBeUndefined()
  expect(suggest('a', [])).toBeUndefined()
  expect(suggest('', ['port'])).toBeUndefined()
})
