import type { LoadedConfig } from '../../config/load.ts'

/** The settings that `find` returns, member by member, for a part that outlives a reload. They have the members of the first ones. */
export function followSettings<T extends object>(find: () => T): T {
  const following = {} as T
  for (const name of Object.keys(find()) as (keyof T)[])
    Object.defineProperty(following, name, { enumerable: true, get: () => find()[name] })
  return following
}

/** The configuration in force, for the parts that outlive a reload. They read it at each use. */
export class LiveConfig {
  #current: LoadedConfig
  /** A view whose members are always those in force. */
  readonly view: LoadedConfig

  constructor(first: LoadedConfig) {
    this.#current = first
    const current = () => this.#current
    this.view = {
      get config() {
        return current().config
      },
      get warnings() {
        return current().warnings
      },
      resolve: (path) => current().resolve(path),
      faultAt: (setting, message) => current().faultAt(setting, message),
      // A reload changes neither of them.
      storage: first.storage,
      dataDir: first.dataDir,
    }
  }

  get current(): LoadedConfig {
    return this.#current
  }

  replace(next: LoadedConfig): void {
    this.#current = next
  }
}
