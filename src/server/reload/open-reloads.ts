import { buildInfo } from '../../build-info.ts'
import type { FindPath } from '../../cli/find-config.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ConfigSource, PlanResult } from '../../supervisor/worker-messages.ts'
import { type Control, type ControlActions, openControl } from './control.ts'
import type { WorkerCounts } from './control-messages.ts'
import { FileWatch } from './file-watch.ts'
import { findSource } from './find-source.ts'
import { Reloads, type ReloadsOptions } from './reloads.ts'

interface OpenReloadsOptions
  extends Pick<ReloadsOptions, 'apply' | 'noteRejected' | 'history' | 'log' | 'warned'> {
  readonly findPath: FindPath
  readonly platform: Platform
  /** Milliseconds since the epoch: when the configuration of the start was not read yet. */
  readonly since: number
  /** Says what a configuration would change. */
  readonly plan: (source: ConfigSource) => Promise<PlanResult>
  /** Replaces the workers by new processes; undefined: there are none. */
  readonly replace?: () => Promise<boolean>
  /** Counts the workers; undefined: there are none. */
  readonly workers?: () => WorkerCounts
}

interface Hearing {
  /** Undefined: the server keeps nothing. */
  readonly dataDir: string | undefined
  readonly watch: boolean
  /** The port that is listened on. */
  readonly port: number
}

/** What hears orders to change the configuration. */
export interface ReloadOrders {
  readonly reloads: Reloads
  /** Opens the socket for commands, and begins to look for changes of the files. */
  listen(hearing: Hearing): void
  close(): Promise<void>
}

/** Makes the reloads of this process, or of its workers. Signals are heard by hearReloadSignals. */
export function openReloads(options: OpenReloadsOptions): ReloadOrders {
  const { findPath, platform, log, since } = options
  const watch = new FileWatch({
    ...{ ...platform, platform, since },
    findPath,
    onChange: (source) => reloads.run('server.watch', async () => source),
  })
  const reloads = new Reloads({
    ...options,
    read: () => findSource(findPath, platform),
    onDone: (source, result) => {
      if (source) watch.noteTried(source)
      if (result.isTaken) watch.enable(result.watch)
    },
  })
  let control: Promise<Control> | undefined
  return {
    reloads,
    listen: (hearing) => {
      const actions = createActions(options, { reloads, port: hearing.port })
      control = openControl({ platform, log, dataDir: hearing.dataDir, actions })
      watch.enable(hearing.watch)
    },
    close: async () => {
      watch.enable(false)
      await (await control)?.close()
    },
  }
}

function createActions(
  { platform, history, plan, replace, workers }: OpenReloadsOptions,
  { reloads, port }: { readonly reloads: Reloads; readonly port: number },
): ControlActions {
  return {
    hello: async () => ({
      hello: {
        ...{ ...buildInfo, pid: platform.processes.pid, loadedAt: history.loadedAt },
        isConfigRejected: history.last?.isDone === false,
        workers: workers?.() ?? null,
        port,
      },
    }),
    reload: async () => ({ reload: await reloads.run('grantd reload') }),
    plan: async ({ source }) => ({ plan: await plan(source) }),
    'restart-workers': async () => {
      if (!replace) return { restartWorkers: 'no workers' }
      return { restartWorkers: (await replace()) ? 'done' : 'failed' }
    },
  }
}
