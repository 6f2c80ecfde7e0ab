import type { Person } from './person.ts'

/** The people of a tenant in config.yaml. */
export interface ConfiguredPeople {
  /** All of them, in the order of the file. */
  list(): readonly Person[]
  find(sub: string): Person | undefined
  /** By the key in the file or the e-mail address. */
  findByUsername(username: string): Person | undefined
  /** The algorithms and costs of their hashes, each once. */
  readonly costs: readonly string[]
}

export const noPeople: ConfiguredPeople = {
  list: () => [],
  find: () => undefined,
  findByUsername: () => undefined,
  costs: [],
}
