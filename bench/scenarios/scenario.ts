import type { Abilities } from '../contenders/grantd.ts'
import type { Results, ScenarioResult } from '../results.ts'

/** What a scenario works with. */
export interface Bench {
  /** The grantd under test. */
  readonly executable: string
  readonly abilities: Abilities
  /** Another grantd, such as the last release, that is measured beside it. */
  readonly against?: string
  /** A new empty folder. */
  newFolder(): Promise<string>
  /** What is made once and used by later runs too. */
  readonly cacheFolder: string
  readonly rounds: number
  /** Of one round of one contender. */
  readonly seconds: number
  /** Whether less is measured of what takes long. */
  readonly short: boolean
  say(text: string): void
}

export interface Scenario {
  readonly name: string
  /** One sentence for the table. */
  readonly title: string
  run(bench: Bench): Promise<Omit<ScenarioResult, 'name' | 'title'>>
}

export type { Results }
