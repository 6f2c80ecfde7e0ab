import { describe, expect, test } from 'bun:test'
import { type Claim, findBetter, findWorse, parseClaims } from './clients/claims.ts'
import { findTable, parseTable, renderTable, replaceTable } from './clients/table.ts'

const base: Claim = { client: 'lib', version: '1', does: 'verifies', result: 'works', setting: '', why: '' }
const works = base
const setting: Claim = { ...base, does: 'discovers', result: 'setting', setting: '`a | b`', why: 'no' }
const fails: Claim = { ...base, does: 'gets', result: 'fails', why: 'line\nend' }

test('a program prints claims among other lines, and what is nearly one is for people', () => {
  const lines = [JSON.stringify(works), 'a warning', '{"client":"lib"}', '{broken', '', JSON.stringify(fails)]
  const { claims, others } = parseClaims(lines.join('\n'))
  expect(claims).toEqual([works, fails])
  expect(others).toEqual(['a warning', '{"client":"lib"}', '{broken'])
})

describe('a run', () => {
  test.each([
    ['is as it was', [works, setting, fails], []],
    ['is better', [works, { ...setting, result: 'works' }, { ...fails, result: 'setting' }], []],
    ['has another version', [{ ...works, version: '2' }, setting, fails], []],
    ['needs a setting now', [{ ...works, result: 'setting' }, setting, fails], ['lib: verifies']],
    ['fails now', [works, { ...setting, result: 'fails' }, fails], ['lib: discovers']],
    ['did not come to an end', [works], ['lib: discovers', 'lib: gets']],
  ] satisfies [string, Claim[], string[]][])('that %s is worse in what it should be', (_, claims, worse) => {
    const found = findWorse([works, setting, fails], claims)
    expect(found.map((line) => line.split(': was')[0] ?? '')).toEqual(worse)
  })

  test('says what is new and what is better', () => {
    expect(findBetter([setting], [{ ...setting, result: 'works' }, fails])).toEqual([
      "lib: discovers: is 'works' and was 'setting'",
      "lib: gets: is 'fails' and was 'not there'",
    ])
  })
})

describe('the table', () => {
  test('says all that decides whether a run is worse', () => {
    const read = parseTable(renderTable([works, setting, fails]))
    expect(read).toEqual([works, { ...setting, why: '' }, { ...fails, why: 'line end' }])
  })

  test('takes its place in the document, and the rest stays', () => {
    const document =
      'a\n<!-- interop:go -->\nold\n<!-- /interop:go -->\nb\n<!-- interop:node -->\n<!-- /interop:node -->\n'
    const written = replaceTable(document, 'go', [works])
    expect(parseTable(findTable(written, 'go') ?? '')).toEqual([works])
    expect(replaceTable(written, 'go', [works])).toBe(written)
    expect(written.replace(findTable(written, 'go') ?? '', '\nold\n')).toBe(document)
    expect(() => replaceTable(document, 'rust', [works])).toThrow('<!-- interop:rust -->')
  })
})
