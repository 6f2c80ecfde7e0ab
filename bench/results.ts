import type { Machine } from './measure/machine.ts'

/** One contender in one scenario: medians over the rounds. Null is what cannot be measured of it. */
export interface Row {
  readonly name: string
  /** What it is compared within, where a scenario compares several times over; such as `32 connections`. */
  readonly group?: string
  /** `before`: another grantd, to compare with. */
  readonly kind: 'grantd' | 'before' | 'peer' | 'limit'
  /** Requests, each answered rightly, a second. */
  readonly perSecond: number
  /** Milliseconds, as are the following two. */
  readonly p50: number | null
  readonly p99: number | null
  readonly p999: number | null
  /** Processor time of the server for one request in microseconds, all of its processes. */
  readonly cpu: number | null
  /** The same of the storage's processes, where they are measured. */
  readonly cpuStorage?: number | null
  /** Resident memory in MB (10^6 bytes) of all processes together, before the first round. */
  readonly rssIdle: number | null
  /** The same after the last round. */
  readonly rssLoaded: number | null
  /** After the last round, of the process that has the most. */
  readonly rssLargest: number | null
  readonly processes: number
  /** Requests a second of each round. */
  readonly rounds: readonly number[]
}

/** A figure that is not a rate of requests. */
export interface Figure {
  readonly name: string
  readonly value: number
  readonly unit: string
}

/** What it costs to have so many tenants. */
export interface TenantPoint {
  readonly tenants: number
  readonly source: 'config.yaml' | 'storage'
  /** Milliseconds from exec to the first 200. */
  readonly ready: number
  /** Milliseconds from exec to the first token. */
  readonly firstToken: number
  /** MB (10^6 bytes) once it is ready. */
  readonly rssIdle: number
  /** The same after the rounds. */
  readonly rssLoaded: number | null
  /** Tokens a second of a first pass, one of each tenant: what it takes to have a tenant ready. */
  readonly firstPass: number
  /** Tokens a second over random tenants and clients, after that. */
  readonly perSecond: number
}

export interface Limit {
  readonly name: string
  readonly perSecond: number
}

export interface ScenarioResult {
  readonly name: string
  readonly title: string
  readonly rows: readonly Row[]
  /** What the machine can do at most, measured in the same rounds. */
  readonly limit?: Limit
  readonly figures?: readonly Figure[]
  readonly tenants?: readonly TenantPoint[]
}

/** A file of bench/results. */
export interface Results {
  readonly version: 1
  readonly made: string
  readonly machine: Machine
  readonly grantd: string
  readonly rounds: number
  readonly seconds: number
  readonly scenarios: readonly ScenarioResult[]
}
