import { buildInfo } from '../../build-info.ts'
import type { Log } from '../../log.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { type Control, type ControlActions, openControl } from './control.ts'
import { findSource } from './read-source.ts'
import { Reloads, type ReloadsOptions } from './reloads.ts'

interface OpenReloadsOptions extends Pick<ReloadsOptions, 'apply' | 'noteRejected' | 'log' | 'warned'> {
  readonly args: ParsedArguments
  readonly platform: Platform
}

/** Makes the reloads of this process, or of its workers. */
export function createReloads({ args, platform, ...options }: OpenReloadsOptions): Reloads {
  return new Reloads({ ...options, now: platform.now, read: () => findSource(args, platform) })
}

interface HearReloadsOptions {
  readonly platform: Platform
  readonly log: Log
  readonly reloads: Reloads
  /** Replaces the workers by new processes; undefined: there are none. */
  readonly replace?: () => Promise<boolean>
}

/** What hears orders to change the configuration. */
export interface ReloadOrders {
  /** Opens the socket for commands; undefined: the server keeps nothing. */
  listen(dataDir: string | undefined): void
  close(): Promise<void>
}

/** Hears the signals from now on. */
export function hearReloads(options: HearReloadsOptions): ReloadOrders {
  const { platform, log, reloads, replace } = options
  const removeReload = platform.onReloadSignal(() => void reloads.run('SIGHUP'))
  const removeReplace = platform.onReplaceSignal(() => {
    if (replace) void replace()
    else log('warn', 'SIGUSR2 changes nothing: it replaces the workers of a server with --workers')
  })
  let control: Promise<Control> | undefined
  return {
    listen: (dataDir) => {
      control = openControl({ platform, log, dataDir, actions: createActions(options) })
    },
    close: async () => {
      removeReload()
      removeReplace()
      await (await control)?.close()
    },
  }
}

function createActions({ platform, reloads, replace }: HearReloadsOptions): ControlActions {
  return {
    hello: async () => ({ hello: { version: buildInfo.version, pid: platform.processes.pid } }),
    reload: async () => ({ reload: await reloads.run('grantd reload') }),
    'restart-workers': async () => {
      if (!replace) return { restartWorkers: 'no workers' }
      return { restartWorkers: (await replace()) ? 'done' : 'failed' }
    },
  }
}
