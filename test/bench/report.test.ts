import { describe, expect, test } from 'bun:test'
import floors from '../../bench/floors.json' with { type: 'json' }
import { findFallen, floorsOf, floorsOn, ratios, scenariosOf } from '../../bench/ratios.ts'
import { tabulateGoals } from '../../bench/report/goals.ts'
import { fillDocument, renderBlocks } from '../../bench/report/markdown.ts'
import { plotRates } from '../../bench/report/plot-rates.ts'
import { plotTenants } from '../../bench/report/plot-tenants.ts'
import { text } from '../../bench/report/svg.ts'
import { formatNumber, renderPlain, tabulate } from '../../bench/report/table.ts'
import type { Results, TenantPoint } from '../../bench/results.ts'
import { scenarios } from '../../bench/scenarios/registry.ts'
import { row, scenario } from './results.ts'

const clustered = row('node, cluster', 3000, { processes: 3 })

const rs256 = scenario(
  'rs256',
  [row('grantd', 3000), row('grantd, --workers auto', 5400, { processes: 3 }), row('node', 2500), clustered],
  {
    limit: { name: 'openssl speed -multi 2 rsa2048', perSecond: 7200 },
  },
)

const machine: Results['machine'] = {
  ...{ cpu: 'Fast One', cores: 2, avx512ifma: true, memory: 8, kernel: '6.1' },
  ...{ openssl: 'OpenSSL 3.0.19', bun: '1.4.5', node: 'v22.23.3' },
}

describe('a table', () => {
  test('compares with the best peer of the same group and with the limit', () => {
    const rows = [
      row('grantd', 300, { group: 'a' }),
      row('node', 100, { group: 'a' }),
      row('other', 200, { group: 'a' }),
      row('node', 600, { group: 'b' }),
    ]
    const table = tabulate(scenario('connections', rows, { limit: { name: 'most', perSecond: 1200 } }))
    expect(table.map((cells) => cells.slice(-2))).toEqual([
      ['to best peer', 'of the limit'],
      ['1.50', '0.25'],
      ['0.50', '0.08'],
      ['1.00', '0.17'],
      ['1.00', '0.50'],
    ])
  })

  test('shows what was not measured as a dash, and columns as wide as they need', () => {
    expect(
      renderPlain([
        ['contender', 'p99 ms'],
        ['a', formatNumber(null)],
        ['b', formatNumber(12_345.6)],
      ]),
    ).toBe('contender  p99 ms\na               -\nb          12,346')
    expect([123.4, 12.34, 1.234].map(formatNumber)).toEqual(['123', '12.3', '1.23'])
  })
})

describe('floors', () => {
  test('a ratio below its floor is named with the floor and what was measured', () => {
    const name = 'rs256: grantd to the best peer'
    expect(findFallen({ [name]: 1.8 }, { scenarios: [rs256] })).toEqual([])
    expect(findFallen({ [name]: 1.9 }, { scenarios: [rs256] })).toEqual([
      'rs256: grantd to the best peer: measured 1.800, wanted at least 1.9',
    ])
  })

  test('a ratio that was not measured has fallen', () => {
    expect(findFallen({ 'jwks to es256': 1 }, { scenarios: [rs256] })).toEqual([
      'jwks to es256: it was not measured, wanted at least 1',
    ])
  })

  test('those of scenarios that were not chosen are left out', () => {
    const all = { 'rs256: grantd to the best peer': 1, 'jwks to es256': 1 }
    expect(floorsOf(all, ['rs256', 'jwks'])).toEqual({ 'rs256: grantd to the best peer': 1 })
  })

  test('a floor of no ratio is refused with the ratios that there are', () => {
    expect(() => findFallen({ speed: 1 }, { scenarios: [] })).toThrow(
      "There is no ratio 'speed'; there are: rs256",
    )
  })

  test('RSA has floors of its own on a processor that makes it fast, and each processor has a floor of the same ratios', () => {
    const [fast, slow] = [true, false].map((avx512ifma) => floorsOn({ avx512ifma }, floors))
    const name = 'rs256: grantd to openssl speed'
    expect([fast?.[name], slow?.[name]]).toEqual([0.4, 0.6])
    expect(Object.keys(fast ?? {}).sort()).toEqual(Object.keys(slow ?? {}).sort())
  })

  test('those in the file are of ratios, which are of scenarios, that there are', () => {
    const names = scenarios.map(({ name }) => name)
    const all = [true, false].map((avx512ifma) => floorsOn({ avx512ifma }, floors))
    expect(all.flatMap(scenariosOf).filter((name) => !names.includes(name))).toEqual([])
    expect(ratios.flatMap((ratio) => ratio.scenarios).filter((name) => !names.includes(name))).toEqual([])
    expect(new Set(names).size).toBe(names.length)
  })
})

test('goals say what was wanted, what was measured and whether it is met, and leave out what was not measured', () => {
  const coldStart = scenario('cold-start', [], {
    figures: [
      { name: 'grantd: first 200 after exec', value: 70, unit: 'ms' },
      { name: 'grantd: RSS of a process, idle', value: 59, unit: 'MB' },
    ],
  })
  expect(tabulateGoals({ scenarios: [rs256, coldStart], machine })).toEqual([
    ['goal', 'wanted', 'measured', 'met'],
    ['rs256: grantd to the best peer', 'at least 1.80', '1.80', 'yes'],
    ['rs256: one process of grantd to the best peer of one process', 'for comparison', '1.20', '-'],
    ['rs256: grantd to openssl speed', 'at least 0.70', '0.75', 'yes'],
    ['first 200 after exec', 'at most 50.0 ms', '70.0', 'no'],
    ['RSS of a process, idle', 'at most 60.0 MB', '59.0', 'yes'],
  ])
})

test('goals of RSA with AVX-512 IFMA do not count on a processor without it', () => {
  const met = tabulateGoals({ scenarios: [rs256], machine: { ...machine, avx512ifma: false } }).map((cells) =>
    cells.at(-1),
  )
  const notCounted = 'not counted: no AVX-512 IFMA'
  expect(met).toEqual(['met', notCounted, '-', notCounted])
})

test('of the goal of revocations only one process counts, for it has as many connections as pgbench', () => {
  const revocation = scenario('revocation', [
    row('grantd, Postgres', 600),
    row('grantd, --workers auto, Postgres', 990, { processes: 3 }),
    row('pgbench, the same INSERT', 1000, { kind: 'limit' }),
  ])
  expect(tabulateGoals({ scenarios: [revocation], machine }).slice(1)).toEqual([
    ['revocation: one process on Postgres to pgbench', 'at least 0.70', '0.60', 'no'],
  ])
})

test('a table has what the storage uses where that was measured', () => {
  const rows = [row('grantd', 10, { cpuStorage: 12.34 }), row('grantd, two', 10, { cpuStorage: null })]
  expect(tabulate(scenario('replicas', rows)).map((cells) => cells.at(-1))).toEqual([
    ...['storage CPU µs', '12.3', '-'],
  ])
})

const points = [1, 1000, 10_000].flatMap((tenants) =>
  (['config.yaml', 'storage'] as const).map(
    (source): TenantPoint => ({
      ...{
        tenants,
        source,
        ready: 40,
        firstToken: 50 + tenants / 10,
        rssIdle: 60,
        rssLoaded: null,
        firstPass: 300,
        perSecond: 9000,
      },
    }),
  ),
)

describe('plots', () => {
  test('have a bar for each contender and for a limit that is not far off', () => {
    const svg = plotRates({ scenarios: [rs256] })
    expect(svg).toStartWith('<svg xmlns="http://www.w3.org/2000/svg"')
    for (const label of [
      'grantd',
      'grantd, --workers auto',
      'node',
      'openssl speed -multi 2 rsa2048',
      '5,400',
    ])
      expect(svg).toContain(`>${label}</text>`)
    const far = { ...rs256, limit: { name: 'openssl speed -multi 2 rsa2048', perSecond: 80_000 } }
    expect(plotRates({ scenarios: [far] })).not.toContain('openssl')
  })

  test('have a curve for each source and each cost of tenants', () => {
    const svg = plotTenants({ scenarios: [scenario('tenants', [], { tenants: points })] })
    expect(svg.match(/<polyline /g)).toHaveLength(6)
    expect(svg).toContain('>10,000</text>')
    expect(svg).not.toContain('NaN')
  })

  test('refuse a label that would have to be escaped', () => {
    expect(() => text({ x: 0, y: 0 }, 'a < b')).toThrow('Cannot draw the label "a < b"')
  })
})

describe('a document', () => {
  const results: Results = {
    ...{ version: 1, made: '2026-11-23T02:00:00.000Z', grantd: 'grantd 0.1.0', rounds: 3, seconds: 4 },
    machine,
    scenarios: [rs256, scenario('tenants', [], { tenants: points })],
  }

  test('has its blocks put between their markers, again and again', () => {
    const blocks = renderBlocks(results)
    const filled = fillDocument('# A\n<!-- bench:rs256 -->\nold\n<!-- /bench:rs256 -->\nb\n', blocks)
    expect(filled).toStartWith('# A\n<!-- bench:rs256 -->\nWhat rs256 asks:\n\n| contender | requests/s |')
    expect(filled).toContain('| grantd, --workers auto | 5,400 |')
    expect(filled).toEndWith('signatures/s\n<!-- /bench:rs256 -->\nb\n')
    expect(fillDocument(filled, blocks)).toBe(filled)
    expect(blocks.get('machine')).toContain('Fast One, 2 cores, with AVX-512 IFMA, 8 GB; Linux 6.1')
  })

  test('keeps what was not measured, and a marker without its end is refused', () => {
    const kept = '<!-- bench:jwks -->\nold\n<!-- /bench:jwks -->'
    expect(fillDocument(kept, renderBlocks(results))).toBe(kept)
    expect(() => fillDocument('<!-- bench:jwks -->', renderBlocks(results))).toThrow(
      'wanted <!-- /bench:jwks -->',
    )
  })
})
