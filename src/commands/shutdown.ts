import type { Lifecycle } from '../deps.ts'
import type { Handler } from '../http/handler.ts'
import { json } from '../http/json.ts'
import type { Log } from '../log.ts'
import type { Listener, Platform, StopSignal } from '../platform/platform.ts'
import { exitCodes } from './command.ts'

/** Milliseconds that requests in flight may take once the server stops. */
const longestFarewell = 10_000

/** Counts what is in flight; until `inner` is set, the server is not there yet. */
export class TrackedHandler {
  inner: Handler = async () =>
    json({ error: 'temporarily_unavailable', error_description: 'Starting' }, { status: 503 })
  #inFlight = 0
  #whenIdle: (() => void) | undefined

  readonly fetch: Handler = async (request) => {
    this.#inFlight++
    try {
      return await this.inner(request)
    } finally {
      this.#inFlight--
      if (this.#inFlight === 0) this.#whenIdle?.()
    }
  }

  async idle(): Promise<void> {
    if (this.#inFlight > 0) await new Promise<void>((resolve) => (this.#whenIdle = resolve))
  }
}

interface Running {
  readonly platform: Platform
  readonly listener: Listener
  readonly handler: TrackedHandler
  readonly lifecycle: Lifecycle
  readonly log: Log
}

/** Serves until a signal, lets what is in flight finish, and answers the exit code; a second signal ends it at once. */
export function runUntilStopped({ platform, listener, handler, lifecycle, log }: Running): Promise<number> {
  return new Promise((resolve) => {
    const end = (code: number) => {
      removeListener()
      cancelTimer()
      resolve(code)
    }
    let cancelTimer = () => {}
    const removeListener = platform.onStopSignal((signal) => {
      if (lifecycle.phase === 'stopping') return end(exitCodeOf(signal))
      lifecycle.phase = 'stopping'
      log('info', 'stopping', { signal })
      listener.stopAccepting()
      cancelTimer = platform.after(longestFarewell, () => {
        log('warn', 'stopped with requests in flight')
        end(exitCodes.ok)
      })
      void handler.idle().then(async () => {
        await listener.close()
        log('info', 'stopped')
        end(exitCodes.ok)
      })
    })
  })
}

function exitCodeOf(signal: StopSignal): number {
  return { SIGINT: 130, SIGTERM: 143 }[signal]
}
