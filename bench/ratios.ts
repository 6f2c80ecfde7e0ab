import { onlySigns } from './contenders/peers.ts'
import type { Machine } from './measure/machine.ts'
import { Finder } from './report/find.ts'
import type { Results, TenantPoint } from './results.ts'

/** What stays alike on a slow machine and on a fast one; more is better. */
export interface Ratio {
  readonly name: string
  /** The scenarios that it is made of. */
  readonly scenarios: readonly string[]
  /** NaN when it was not measured. */
  readonly value: (found: Finder) => number
}

const tenantScenarios = [
  { algorithm: 'RS256', scenario: 'tenants-rs256' },
  { algorithm: 'ES256', scenario: 'tenants' },
] as const

const peopleGroups = [
  ...['ES256', 'RS256'].flatMap((algorithm) =>
    ['code redemption', 'refresh', 'userinfo', 'authorization with a session'].map(
      (task) => `${task}, ${algorithm}`,
    ),
  ),
  'discovery',
]

export const ratios: readonly Ratio[] = [
  ...['rs256', 'es256', 'eddsa'].map((name) => ({
    name: `${name}: grantd to the best peer`,
    scenarios: [name],
    value: (found: Finder) => found.best(name) / found.bestPeer(name),
  })),
  ...['rs256', 'es256', 'eddsa'].map((name) => ({
    name: `${name}: one process of grantd to the best peer of one process`,
    scenarios: [name],
    value: (found: Finder) => found.bestOfOne(name, 'grantd') / found.bestOfOne(name, 'peer'),
  })),
  {
    name: 'rs256: grantd to openssl speed',
    scenarios: ['rs256'],
    value: (found) => found.best('rs256') / found.limit('rs256'),
  },
  {
    name: 'rs256: the built-in signer to the best peer on Bun',
    scenarios: ['rs256'],
    value: (found) => builtinRate(found) / found.rate('rs256', 'node-oidc-provider, Bun'),
  },
  {
    name: 'es256 of grantd to rs256 of the best peer',
    scenarios: ['es256', 'rs256'],
    value: (found) => found.best('es256') / found.bestPeer('rs256'),
  },
  {
    name: 'secret-hash: argon2id to sha256',
    scenarios: ['secret-hash'],
    value: (found) =>
      found.rate('secret-hash', 'grantd, argon2id') / found.rate('secret-hash', 'grantd, sha256'),
  },
  {
    name: 'keep-alive: a new connection each time to one kept alive',
    scenarios: ['keep-alive'],
    value: (found) => found.best('keep-alive', 'new each time') / found.best('keep-alive', 'kept alive'),
  },
  ...['introspection', 'protected-resource', 'jwks'].map((name) => ({
    name: `${name} to es256`,
    scenarios: [name, 'es256'],
    value: (found: Finder) => found.rate(name, 'grantd') / found.rate('es256', 'grantd'),
  })),
  {
    name: 'half-load: p99 of a server that only signs to that of grantd',
    scenarios: ['half-load'],
    value: (found) =>
      (found.row('half-load', onlySigns, 'at half')?.p99 ?? Number.NaN) /
      (found.row('half-load', 'grantd', 'at half')?.p99 ?? Number.NaN),
  },
  {
    name: 'half-load: three signatures and 5 ms to p99',
    scenarios: ['half-load'],
    value: (found) =>
      found.lowest('half-load', '5 ms') / (found.row('half-load', 'grantd', 'at half')?.p99 ?? Number.NaN),
  },
  {
    // pgbench has as many connections as the pool of one process; workers have a pool each.
    name: 'revocation: one process on Postgres to pgbench',
    scenarios: ['revocation'],
    value: (found) =>
      found.rate('revocation', 'grantd, Postgres') / found.rate('revocation', 'pgbench, the same INSERT'),
  },
  ...peopleGroups.map((group) => ({
    name: `people, ${group}: grantd to the best peer`,
    scenarios: ['people'],
    value: (found: Finder) => found.best('people', group) / found.bestPeer('people', group),
  })),
  {
    name: 'login-storm: p99 of a token when it is quiet to that in the storm',
    scenarios: ['login-storm'],
    value: (found) => found.lowest('login-storm', ', quiet') / found.lowest('login-storm', ', in the storm'),
  },
  ...(['config.yaml', 'storage'] as const).flatMap(ofTenants),
]

/** A version without the choice of a signer has the built-in one. */
function builtinRate(found: Finder): number {
  return (found.row('rs256', 'grantd, builtin') ?? found.row('rs256', 'grantd'))?.perSecond ?? Number.NaN
}

function ofTenants(source: TenantPoint['source']): Ratio[] {
  const at = (found: Finder, count: number, scenario: string) => found.tenants(scenario, count, source)
  return [
    ...tenantScenarios.map(({ algorithm, scenario }) => ({
      name: `tenants of ${source}, ${algorithm}: rate of 10,000 to 1`,
      scenarios: [scenario],
      value: (found: Finder) =>
        (at(found, 10_000, scenario)?.perSecond ?? Number.NaN) /
        (at(found, 1, scenario)?.perSecond ?? Number.NaN),
    })),
    {
      name: `tenants of ${source}: ten times the start of 1,000 to that of 10,000`,
      scenarios: ['tenants'],
      value: (found) =>
        (10 * (at(found, 1000, 'tenants')?.firstToken ?? Number.NaN)) /
        (at(found, 10_000, 'tenants')?.firstToken ?? Number.NaN),
    },
  ]
}

/** Names of ratios with the least that each may be. */
export type Floors = Readonly<Record<string, number>>

/** What floors.json holds. RSA takes half the time on a processor with AVX-512 IFMA, so ratios with it have floors of their own. */
export interface FloorsFile {
  readonly 'every processor': Floors
  readonly 'with AVX-512 IFMA': Floors
  readonly 'without AVX-512 IFMA': Floors
}

/** The floors that hold on a machine. */
export function floorsOn({ avx512ifma }: Pick<Machine, 'avx512ifma'>, file: FloorsFile): Floors {
  const ofProcessor = avx512ifma ? file['with AVX-512 IFMA'] : file['without AVX-512 IFMA']
  return { ...file['every processor'], ...ofProcessor }
}

/** The floors of ratios that these scenarios are enough for. */
export function floorsOf(floors: Floors, scenarios: readonly string[]): Floors {
  const measurable = (name: string) => getRatio(name).scenarios.every((needed) => scenarios.includes(needed))
  return Object.fromEntries(Object.entries(floors).filter(([name]) => measurable(name)))
}

/** The scenarios that these floors need, each once. */
export function scenariosOf(floors: Floors): string[] {
  return [...new Set(Object.keys(floors).flatMap((name) => getRatio(name).scenarios))]
}

/** A sentence for each ratio that is below its floor or was not measured; none when all is well. */
export function findFallen(floors: Floors, results: Pick<Results, 'scenarios'>): string[] {
  const found = new Finder(results)
  return Object.entries(floors).flatMap(([name, floor]) => {
    const value = getRatio(name).value(found)
    if (value >= floor) return []
    const measured = Number.isNaN(value) ? 'it was not measured' : `measured ${value.toFixed(3)}`
    return [`${name}: ${measured}, wanted at least ${floor}`]
  })
}

export function getRatio(name: string): Ratio {
  const ratio = ratios.find((candidate) => candidate.name === name)
  if (!ratio)
    throw new Error(`There is no ratio '${name}'; there are: ${ratios.map((each) => each.name).join('; ')}`)
  return ratio
}
