import { getRatio } from '../ratios.ts'
import type { Results, TenantPoint } from '../results.ts'
import { Finder } from './find.ts'
import { formatNumber } from './table.ts'

/** A line of what grantd is to reach. */
interface Goal {
  readonly name: string
  /** Undefined: it is there to compare with. */
  readonly wanted?: number
  readonly unit: string
  /** Whether less is better; default: more is. */
  readonly atMost?: boolean
  /** Whether it is wanted only of a processor that has AVX-512 IFMA, with which OpenSSL's RSA is twice as fast. */
  readonly ofIfma?: boolean
  measure(found: Finder): number
}

const goals: readonly Goal[] = [
  { ...ratio('rs256: grantd to the best peer', 1.8), ofIfma: true },
  ratio('rs256: one process of grantd to the best peer of one process'),
  { ...ratio('rs256: grantd to openssl speed', 0.7), ofIfma: true },
  ratio('rs256: the built-in signer to the best peer on Bun', 1.05),
  ratio('es256 of grantd to rs256 of the best peer', 5),
  ratio('secret-hash: argon2id to sha256', 0.95),
  ratio('half-load: p99 of a server that only signs to that of grantd'),
  ratio('half-load: three signatures and 5 ms to p99', 1),
  most('first 200 after exec', 50, 'ms'),
  most('first token after exec', 60, 'ms'),
  most('RSS of a process, idle', 60, 'MB'),
  most('RSS of a process, after load', 110, 'MB'),
  ...ofTenants('config.yaml', 3000),
  ...ofTenants('storage', 1500),
  rate('introspection', 8000),
  rate('protected-resource', 8000),
  rate('jwks', 40_000),
  rate('revocation', 2000, 'grantd, SQLite'),
  ratio('revocation: one process on Postgres to pgbench', 0.7),
  ratio('people, refresh, ES256: grantd to the best peer', 2),
  ratio('people, refresh, RS256: grantd to the best peer', 1.3),
  ratio('login-storm: p99 of a token when it is quiet to that in the storm', 0.5),
]

function ratio(name: string, wanted?: number): Goal {
  return { name, ...(wanted !== undefined && { wanted }), unit: '', measure: getRatio(name).value }
}

/** Of the way to start that does best. */
function most(name: string, wanted: number, unit: string): Goal {
  return { name, wanted, unit, atMost: true, measure: (found) => found.lowest('cold-start', name) }
}

/** Of one process. */
function rate(scenario: string, wanted: number, row = 'grantd'): Goal {
  const name = `${scenario}, ${row}`
  return { name, wanted, unit: '/s', measure: (found) => found.rate(scenario, row) }
}

function ofTenants(source: TenantPoint['source'], milliseconds: number): Goal[] {
  const of = (pick: (point: TenantPoint) => number) => (found: Finder) => {
    const point = found.tenants('tenants', 10_000, source)
    return point ? pick(point) : Number.NaN
  }
  const name = `10,000 tenants of ${source}`
  return [
    {
      name: `${name}: first token after exec`,
      wanted: milliseconds,
      unit: 'ms',
      atMost: true,
      measure: of((point) => point.firstToken),
    },
    { name: `${name}: RSS`, wanted: 350, unit: 'MB', atMost: true, measure: of((point) => point.rssIdle) },
    ratio(`tenants of ${source}, RS256: rate of 10,000 to 1`, 0.95),
    ratio(`tenants of ${source}, ES256: rate of 10,000 to 1`),
  ]
}

/** What was wanted and what was measured, as rows of text, the heading first; only what was measured is among them. */
export function tabulateGoals(results: Pick<Results, 'scenarios' | 'machine'>): string[][] {
  const found = new Finder(results)
  const { avx512ifma } = results.machine
  const rows = goals.flatMap(({ name, wanted, unit, atMost = false, ofIfma = false, measure }) => {
    const value = measure(found)
    if (Number.isNaN(value)) return []
    if (wanted === undefined) return [[name, 'for comparison', formatNumber(value), '-']]
    const isMet = (atMost ? value <= wanted : value >= wanted) ? 'yes' : 'no'
    const met = ofIfma && !avx512ifma ? 'not counted: no AVX-512 IFMA' : isMet
    const limit = `${atMost ? 'at most' : 'at least'} ${[formatNumber(wanted), unit].filter(Boolean).join(' ')}`
    return [[name, limit, formatNumber(value), met]]
  })
  return [['goal', 'wanted', 'measured', 'met'], ...rows]
}
