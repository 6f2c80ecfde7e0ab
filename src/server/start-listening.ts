import { type AdminApi, createApp } from '../app.ts'
import type { Config } from '../config/schema.ts'
import type { Deps } from '../deps.ts'
import type { Handler } from '../http/handler.ts'
import type { Listener } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { openPort } from './open-port.ts'

export interface ListeningOptions {
  readonly host: string
  readonly port: number
  readonly settings: Config['server']
  readonly adminApi: AdminApi | undefined
  readonly platform: Pick<Platform, 'listen'>
  /** Whether other workers may listen on the port too. */
  readonly sharePort: boolean
}

interface Started {
  readonly listener: Listener
  readonly deps: Deps
  /** Makes new requests go to another app. Requests in flight end in the one where they began. */
  readonly use: (next: Handler) => void
}

/**
 * Opens the port, then creates the app, because links may need the number of the port. No request can arrive in between, because this
 * function is synchronous.
 */
export function startListening(
  { host, port, settings, platform, sharePort, adminApi }: ListeningOptions,
  compose: (listener: Listener) => Deps,
): Started {
  let handle: Handler | undefined
  const fetch: Handler = (request, peer) => {
    if (!handle) throw new TypeError('A request came before the app was there')
    return handle(request, peer)
  }
  const listener = openPort(
    { hostname: host, port, fetch, idleTimeout: settings.idle_timeout, sharePort },
    platform,
  )
  const deps = compose(listener)
  handle = createApp(deps, adminApi)
  const use = (next: Handler) => {
    handle = next
  }
  return { listener, deps, use }
}
