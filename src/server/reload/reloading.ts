import type { FindPath } from '../../cli/find-config.ts'
import type { ClientRegistry } from '../../clients/client-registry.ts'
import type { Deps, Lifecycle } from '../../deps.ts'
import type { Handler } from '../../http/handler.ts'
import type { Log } from '../../log.ts'
import { ReloadLog } from '../../metrics/reload-log.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ConfigSource } from '../../supervisor/worker-messages.ts'
import type { SwapDuties, WorkerSide } from '../../supervisor/worker-side.ts'
import type { ReloadOrders } from './open-reloads.ts'
import { hearReloadSignals } from './reload-signals.ts'
import type { Swap, SwapOptions } from './swap.ts'

interface ReloadingOptions {
  readonly findPath: FindPath
  readonly platform: Platform
  readonly dataDir: string | undefined
  readonly overridden: SwapOptions['overridden']
  /** Set: the supervisor hears the orders, and this process does what it says. */
  readonly worker: WorkerSide | undefined
  readonly lifecycle: Lifecycle
  readonly log: Log
  /** Warnings that were printed already. */
  readonly warned: readonly string[]
  /** Milliseconds since the epoch: when the configuration of the start was not read yet. */
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
  listen(hearing: Parameters<ReloadOrders['listen']>[0]): Promise<void>
  close(): Promise<void>
}

/** Loads nothing of a reload before one is asked for or {@link Reloading.listen} is called, to keep the start short. */
export function createReloading(options: ReloadingOptions): Reloading {
  const { worker, lifecycle, platform, log, dataDir, overridden } = options
  let deps: Deps | undefined
  let swap: Swap | undefined
  const history = new ReloadLog(platform.now)
  let openSwap: () => Promise<Swap> = notBegun
  let orders: Promise<ReloadOrders> | undefined
  let removeSignals = () => {}
  const findDeps = () => deps ?? notBegun()
  const note = (isRejected: boolean) => {
    lifecycle.isConfigRejected = isRejected
  }
  const prepare = async (source: ConfigSource) => (await openSwap()).prepare(source)
  const plan = async (source: ConfigSource) => (await openSwap()).plan(source)
  const apply = async (source: ConfigSource) => {
    const result = await prepare(source)
    if (result.isTaken) swap?.commit()
    return result
  }
  const openOrders = async () => {
    const { openReloads } = await import('./open-reloads.ts')
    return openReloads({ ...options, history, plan, apply, noteRejected: note })
  }
  const findOrders = () => (orders ??= openOrders())
  const reload = async () => (await findOrders()).reloads.run('SIGHUP')
  return {
    findClients: () => findDeps().clients,
    history,
    begin: (running) => {
      deps = running.deps
      const use = (next: Deps, handle: Handler) => {
        deps = next
        running.use(handle)
      }
      openSwap = async () => {
        const { Swap } = await import('./swap.ts')
        swap ??= new Swap({ ...running, platform, dataDir, overridden, findRunning: findDeps, use })
        return swap
      }
      if (!worker) removeSignals = hearReloadSignals({ platform, log, reload })
      return {
        prepare,
        plan,
        commit: () => (swap ?? notBegun()).commit(),
        abort: () => swap?.abort(),
        note,
      }
    },
    listen: async (hearing) => {
      if (!worker) (await findOrders()).listen(hearing)
    },
    close: async () => {
      removeSignals()
      await (await orders)?.close()
    },
  }
}

function notBegun(): never {
  throw new TypeError('A reload began before the server did')
}
