import { createApp, loadAdminApi } from '../../app.ts'
import { withDataDir } from '../../cli/find-config.ts'
import { ConfigError, renderFault } from '../../config/fault.ts'
import type { LoadedConfig } from '../../config/load.ts'
import type { Config } from '../../config/schema.ts'
import type { Deps } from '../../deps.ts'
import type { Handler } from '../../http/handler.ts'
import type { KeyHost } from '../../keys/key-host.ts'
import type { Keyring } from '../../keys/keyring.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ConfigSource, PlanResult, SwapResult } from '../../supervisor/worker-messages.ts'
import { recomposeDeps } from '../compose.ts'
import { openLogos } from '../open-logos.ts'
import { type ChangedKeys, findChangedKeys, type KeyStamps } from './changed-keys.ts'
import { keepFixed } from './fixed-settings.ts'
import type { LiveConfig } from './live-config.ts'
import { readSource } from './read-source.ts'

/** Milliseconds for which a request in flight may use the keys of the configuration before. */
const longestRequest = 30_000

/** Milliseconds for the requests that wait, between two steps of a reload that hold them up. */
const pause = 10

export interface SwapOptions {
  readonly platform: Platform
  readonly keyHost: KeyHost
  readonly live: LiveConfig
  readonly keyring: Pick<Keyring, 'release' | 'forget' | 'findOpened'>
  /** The base of every link where the configuration names none. */
  readonly ownUrl: string
  /** In place of data_dir of the file. */
  readonly dataDir: string | undefined
  /** Settings of `server` that options of the command stand in for. */
  readonly overridden: readonly ('host' | 'port')[]
  readonly findRunning: () => Deps
  /** Makes new requests go to another app. */
  readonly use: (deps: Deps, handle: Handler) => void
}

interface Prepared {
  readonly loaded: LoadedConfig
  readonly keys: ChangedKeys
  readonly deps: Deps
  readonly handle: Handler
}

/**
 * Puts another configuration in force in a running process. What is made of the configuration is made anew beside what stays, and one
 * reference changes for new requests. So a request sees one configuration from its beginning to its end.
 */
export class Swap {
  readonly #options: SwapOptions
  #prepared: Prepared | undefined
  #stamps: KeyStamps = new Map()
  /** Tenants that ended and whose keys are still in memory. */
  readonly #ended = new Set<string>()

  constructor(options: SwapOptions) {
    this.#options = options
  }

  /** Makes everything that {@link commit} needs, and changes nothing. Never throws. */
  async prepare(source: ConfigSource): Promise<SwapResult> {
    this.#prepared = undefined
    try {
      const { loaded, fixed } = await this.#load(source)
      this.#prepared = await this.#compose(loaded)
      const { watch } = loaded.config.server
      return { isTaken: true, fixed, watch, warnings: loaded.warnings.map(renderFault) }
    } catch (cause) {
      return { isTaken: false, faults: faultsOf(cause) }
    }
  }

  /** Says what a configuration would change, and changes nothing. Never throws. */
  async plan(source: ConfigSource): Promise<PlanResult> {
    const { live, platform, keyHost, keyring, findRunning } = this.#options
    try {
      const { loaded, fixed } = await this.#load(source)
      const keys = await findChangedKeys(
        { next: loaded, running: live.current, stamps: this.#stamps },
        keyHost,
      )
      const pause = () => new Promise<void>((resolve) => platform.nextTurn(resolve))
      // Loaded at its use, to keep the start short.
      const { planChanges } = await import('./plan-changes.ts')
      const planned = { before: live.current.config, after: loaded.config, keys }
      const changes = await planChanges(planned, { running: findRunning(), keyring, pause })
      return { isTaken: true, changes, fixed }
    } catch (cause) {
      return { isTaken: false, faults: faultsOf(cause) }
    }
  }

  /** Reads a configuration as a reload would, with the settings that cannot change. Throws ConfigError. */
  async #load(source: ConfigSource): Promise<{ loaded: LoadedConfig; fixed: readonly string[] }> {
    const { platform, live, dataDir, overridden } = this.#options
    const host = { ...platform, letOthersIn: () => this.#letOthersIn() }
    const read = withDataDir(await readSource(source, host), dataDir, platform)
    return keepFixed(withOverridden(read, { running: live.current, overridden }), live.current)
  }

  /** Makes new requests use the prepared configuration. Synchronous, so that no request sees a half of it. */
  commit(): void {
    const prepared = this.#prepared
    if (!prepared) throw new TypeError('No configuration is prepared')
    this.#prepared = undefined
    const { live, use } = this.#options
    const before = live.current.config
    live.replace(prepared.loaded)
    use(prepared.deps, prepared.handle)
    this.#stamps = prepared.keys.stamps
    this.#updateKeys(before, prepared)
  }

  abort(): void {
    this.#prepared = undefined
  }

  async #compose(loaded: LoadedConfig): Promise<Prepared> {
    const { platform, findRunning, ownUrl, live, keyHost } = this.#options
    const compared = { next: loaded, running: live.current, stamps: this.#stamps }
    const keys = await findChangedKeys(compared, keyHost)
    const logos = await openLogos(loaded, platform)
    const adminApi = await loadAdminApi(loaded.config.admin)
    const publicUrl = loaded.config.server.public_url ?? ownUrl
    const deps = recomposeDeps(loaded, findRunning(), { publicUrl, logos })
    return { loaded, keys, deps, handle: createApp(deps, adminApi) }
  }

  /** The next request of a tenant with other settings opens its keys anew. */
  #updateKeys(before: Config, { keys, loaded }: Prepared): void {
    for (const id of keys.ids) this.#later(this.#options.keyring.release(id))
    for (const id of Object.keys(before.tenants)) if (!loaded.config.tenants[id]) this.#endLater(id)
  }

  #endLater(id: string): void {
    if (this.#ended.has(id)) return
    this.#ended.add(id)
    this.#later(() => {
      this.#ended.delete(id)
      if (!this.#options.live.current.config.tenants[id]) this.#options.keyring.forget(id)
    })
  }

  /** Long enough for requests that wait, short enough that a reload takes no longer. */
  #letOthersIn(): Promise<void> {
    return new Promise((resolve) => void this.#options.platform.after(pause, resolve))
  }

  #later(work: () => void): void {
    this.#options.platform.after(longestRequest, work)
  }
}

function withOverridden(
  loaded: LoadedConfig,
  { running, overridden }: { running: LoadedConfig; overridden: SwapOptions['overridden'] },
): LoadedConfig {
  const kept = overridden.map((name) => [name, running.config.server[name]])
  const server = { ...loaded.config.server, ...Object.fromEntries(kept) }
  return { ...loaded, config: { ...loaded.config, server } }
}

/** Why a configuration cannot be used, each fault with its place. */
export function faultsOf(cause: unknown): string[] {
  if (cause instanceof ConfigError) return cause.faults.map(renderFault)
  return (cause instanceof Error ? cause.message : String(cause)).split('\n')
}
