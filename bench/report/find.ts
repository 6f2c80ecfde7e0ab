import type { Figure, Results, Row, ScenarioResult, TenantPoint } from '../results.ts'
import { findBestPeer } from './table.ts'

/** Questions to a file of results; what was not measured is NaN, with which nothing compares. */
export class Finder {
  readonly #scenarios: ReadonlyMap<string, ScenarioResult>

  constructor({ scenarios }: Pick<Results, 'scenarios'>) {
    this.#scenarios = new Map(scenarios.map((scenario) => [scenario.name, scenario]))
  }

  rows(scenario: string): readonly Row[] {
    return this.#scenarios.get(scenario)?.rows ?? []
  }

  /** The row of that name. */
  row(scenario: string, name: string, group?: string): Row | undefined {
    return this.rows(scenario).find((row) => row.name === name && row.group === group)
  }

  rate(scenario: string, name: string, group?: string): number {
    return this.row(scenario, name, group)?.perSecond ?? Number.NaN
  }

  /** The row of grantd with the highest rate, however it was started. */
  bestGrantd(scenario: string, group?: string): Row | undefined {
    return this.rows(scenario)
      .filter((row) => row.kind === 'grantd' && row.group === group)
      .toSorted((a, b) => b.perSecond - a.perSecond)[0]
  }

  best(scenario: string, group?: string): number {
    return this.bestGrantd(scenario, group)?.perSecond ?? Number.NaN
  }

  bestPeer(scenario: string, group?: string): number {
    return findBestPeer(this.rows(scenario), group)
  }

  /** The highest rate of those that are one process. */
  bestOfOne(scenario: string, kind: 'grantd' | 'peer'): number {
    const rows = this.rows(scenario).filter((row) => row.kind === kind && row.processes === 1)
    return rows.length === 0 ? Number.NaN : Math.max(...rows.map((row) => row.perSecond))
  }

  limit(scenario: string): number {
    return this.#scenarios.get(scenario)?.limit?.perSecond ?? Number.NaN
  }

  figures(scenario: string): readonly Figure[] {
    return this.#scenarios.get(scenario)?.figures ?? []
  }

  /** The lowest of the figures whose names end so, for what every way to start is measured for. */
  lowest(scenario: string, ending: string): number {
    const found = this.figures(scenario).filter(({ name }) => name.endsWith(ending))
    return found.length === 0 ? Number.NaN : Math.min(...found.map(({ value }) => value))
  }

  tenants(scenario: string, count: number, source: TenantPoint['source']): TenantPoint | undefined {
    const points = this.#scenarios.get(scenario)?.tenants ?? []
    return points.find((point) => point.tenants === count && point.source === source)
  }
}
