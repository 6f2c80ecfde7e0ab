import type { Log } from '../../log.ts'
import type { Platform } from '../../platform/platform.ts'

interface SignalOrders {
  readonly platform: Pick<Platform, 'onReloadSignal' | 'onReplaceSignal'>
  readonly log: Log
  readonly reload: () => Promise<unknown>
  /** Replaces the workers by new processes; undefined: there are none. */
  readonly replace?: () => Promise<unknown>
}

/** Hears the signals that change the configuration from now on. Returns how to end it. */
export function hearReloadSignals({ platform, log, reload, replace }: SignalOrders): () => void {
  const removeReload = platform.onReloadSignal(() => void reload())
  const removeReplace = platform.onReplaceSignal(() => {
    if (replace) void replace()
    else log('warn', 'SIGUSR2 changes nothing: it replaces the workers of a server with --workers')
  })
  return () => {
    removeReload()
    removeReplace()
  }
}
