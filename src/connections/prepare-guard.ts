import type { Listener } from '../platform/network.ts'
import type { ConnectionGuard } from './connection-guard.ts'
import type { GuardSettings } from './create-guard.ts'

/** Guards the connections of a listener from `start` to `stop`. */
export interface PreparedGuard {
  start(): void
  stop(): void
}

/** The guard of a listener. It does nothing where the system cannot list connections. */
export function prepareGuard(listener: Listener, settings: GuardSettings): PreparedGuard {
  let guard: ConnectionGuard | undefined
  let isStopped = false
  const start = async () => {
    const connections = await listener.openConnections?.()
    if (!connections) return
    // Loaded at its use, to keep the start short.
    const { createGuard } = await import('./create-guard.ts')
    if (isStopped) return
    guard = createGuard(connections, settings.isSidePort ? withPort(settings, listener) : settings)
    guard.start()
  }
  return {
    start: () => void start(),
    stop: () => {
      isStopped = true
      guard?.stop()
    },
  }
}

function withPort(settings: GuardSettings, { port }: Listener): GuardSettings {
  return { ...settings, log: (level, message, fields) => settings.log(level, message, { port, ...fields }) }
}
