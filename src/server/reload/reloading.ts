import type { ClientRegistry } from '../../clients/client-registry.ts'
import type { Deps, Lifecycle } from '../../deps.ts'
import type { Handler } from '../../http/handler.ts'
import type { Log } from '../../log.ts'
import type { ReloadLog } from '../../metrics/reload-log.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import type { SwapDuties, WorkerSide } from '../../supervisor/worker-side.ts'
import { createReloads, hearReloads, type ReloadOrders } from './open-reloads.ts'
import { Swap, type SwapOptions } from './swap.ts'

interface ReloadingOptions {
  readonly args: ParsedArguments
  readonly platform: Platform
  readonly dataDir: string | undefined
  /** Set: the supervisor hears the orders, and this process does what it says. */
  readonly worker: WorkerSide | undefined
  readonly lifecycle: Lifecycle
  readonly log: Log
  /** Warnings that were printed already. */
  readonly warned: readonly string[]
}

interface Running extends Omit<SwapOptions, 'platform' | 'dataDir' | 'findRunning' | 'use'> {
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
  /** Opens the socket for commands. */
  listen(dataDir: string | undefined): void
  close(): Promise<void>
}

export function createReloading(options: ReloadingOptions): Reloading {
  const { worker, lifecycle, platform, log, dataDir } = options
  let deps: Deps | undefined
  let swap: Swap | undefined
  let orders: ReloadOrders | undefined
  const findDeps = () => deps ?? notBegun()
  const note = (isRejected: boolean) => {
    lifecycle.isConfigRejected = isRejected
  }
  const reloads = createReloads({
    ...options,
    apply: async (source) => {
      const result = await (swap ?? notBegun()).prepare(source)
      if (result.isTaken) swap?.commit()
      return result
    },
    noteRejected: note,
  })
  return {
    findClients: () => findDeps().clients,
    history: reloads.history,
    begin: (running) => {
      deps = running.deps
      const use = (next: Deps, handle: Handler) => {
        deps = next
        running.use(handle)
      }
      const begun = new Swap({ ...running, platform, dataDir, findRunning: findDeps, use })
      swap = begun
      if (!worker) orders = hearReloads({ platform, log, reloads })
      return {
        prepare: (source) => begun.prepare(source),
        commit: () => begun.commit(),
        abort: () => begun.abort(),
        note,
      }
    },
    listen: (folder) => orders?.listen(folder),
    close: async () => orders?.close(),
  }
}

function notBegun(): never {
  throw new TypeError('A reload began before the server did')
}
