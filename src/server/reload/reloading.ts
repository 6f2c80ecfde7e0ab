import type { ClientRegistry } from '../../clients/client-registry.ts'
import type { Deps, Lifecycle } from '../../deps.ts'
import type { Handler } from '../../http/handler.ts'
import type { Log } from '../../log.ts'
import { ReloadLog } from '../../metrics/reload-log.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ConfigSource } from '../../supervisor/worker-messages.ts'
import type { SwapDuties, WorkerSide } from '../../supervisor/worker-side.ts'
import { hearReloads, type ReloadOrders } from './open-reloads.ts'
import { Swap, type SwapOptions } from './swap.ts'

interface ReloadingOptions {
  readonly args: ParsedArguments
  readonly platform: Platform
  readonly dataDir: string | undefined
  readonly overridden: SwapOptions['overridden']
  /** Set: the supervisor hears the orders, and this process does what it says. */
  readonly worker: WorkerSide | undefined
  readonly lifecycle: Lifecycle
  readonly log: Log
  /** Warnings that were printed already. */
  readonly warned: readonly string[]
  /** See hearReloads. */
  readonly since: number
}

interface Running extends Omit<SwapOptions, 'platform' | 'dataDir' | 'overridden' | 'findRunning' | 'use'> {
  readonly deps: Deps
  readonly use: (handle: Handler) => void
}

/** The reloads of one process. */
export interface Reloading {
  /** The clients of the configuration in force. Call it only after {@link begin}. */
  readonly findClients: () => ClientRegistry
  /** What became of the reloads. */
  readonly history: ReloadLog
  /** Call this when the process serves. */
  begin(running: Running): SwapDuties
  /** See ReloadOrders. */
  readonly listen: ReloadOrders['listen']
  close(): Promise<void>
}

export function createReloading(options: ReloadingOptions): Reloading {
  const { worker, lifecycle, platform, dataDir, overridden } = options
  let deps: Deps | undefined
  let swap: Swap | undefined
  const history = new ReloadLog(platform.now)
  let orders: ReloadOrders | undefined
  const findDeps = () => deps ?? notBegun()
  const note = (isRejected: boolean) => {
    lifecycle.isConfigRejected = isRejected
  }
  const apply = async (source: ConfigSource) => {
    const result = await (swap ?? notBegun()).prepare(source)
    if (result.isTaken) swap?.commit()
    return result
  }
  const plan = (source: ConfigSource) => (swap ?? notBegun()).plan(source)
  return {
    findClients: () => findDeps().clients,
    history,
    begin: (running) => {
      deps = running.deps
      const use = (next: Deps, handle: Handler) => {
        deps = next
        running.use(handle)
      }
      const begun = new Swap({ ...running, platform, dataDir, overridden, findRunning: findDeps, use })
      swap = begun
      if (!worker) orders = hearReloads({ ...options, history, plan, apply, noteRejected: note })
      return {
        prepare: (source) => begun.prepare(source),
        plan,
        commit: () => begun.commit(),
        abort: () => begun.abort(),
        note,
      }
    },
    listen: (hearing) => orders?.listen(hearing),
    close: async () => orders?.close(),
  }
}

function notBegun(): never {
  throw new TypeError('A reload began before the server did')
}
