import { exitCodes } from '../cli/command.ts'
import type { Lifecycle } from '../deps.ts'
import type { Log } from '../log.ts'
import type { Listener } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import type { StopOrder } from '../supervisor/stop-order.ts'

/** Milliseconds that requests in flight may take once the server stops. */
const longestFarewell = 10_000

/**
 * The time (ms) before the port closes in which no new connection begins. In that time every connection that has begun is accepted, and
 * its first request arrives. If the port closed earlier, such a connection would be reset.
 */
const quietTime = 300

export interface Running {
  readonly platform: Pick<Platform, 'after'>
  readonly listener: Listener
  readonly lifecycle: Lifecycle
  readonly log: Log
  /** Milliseconds for which requests are still served after an order to stop with `keepServing`. */
  readonly shutdownDelay: number
  /** Calls back at every order to stop, until the returned function is called. */
  readonly onStop: (listener: (order: StopOrder) => void) => () => void
  /** Called when the port no longer accepts connections. */
  readonly onClosed?: () => void
  /** Closes the services, after the last answer. */
  readonly close: () => Promise<void>
}

/**
 * Serves until the order to stop and for the shutdown delay after it, lets requests in flight finish, and returns the exit code. A
 * second order ends it at once.
 */
export function runUntilStopped(running: Running): Promise<number> {
  const { platform, lifecycle, log, onStop, shutdownDelay } = running
  let cancelTimer = () => {}
  const pause = (milliseconds: number) =>
    new Promise<void>((resolve) => {
      cancelTimer = platform.after(milliseconds, resolve)
    })
  return new Promise((resolve) => {
    const end = (code: number) => {
      removeListener()
      cancelTimer()
      resolve(code)
    }
    const removeListener = onStop(({ by, keepServing }) => {
      if (lifecycle.phase === 'stopping') return end(exitCodeOf(by))
      // A server that is still starting needs no delay, because no load balancer sends requests to it.
      const delay = keepServing && lifecycle.phase === 'ready' ? shutdownDelay : 0
      lifecycle.phase = 'stopping'
      log('info', 'stopping', { signal: by, ...(delay > 0 && { shutdown_delay_ms: delay }) })
      void serveOn(delay, running, pause)
        .then(() => finish(running, pause))
        .then(() => end(exitCodes.ok))
    })
  })
}

type Pause = (milliseconds: number) => Promise<void>

/** Serves for `delay` milliseconds; in the last {@link quietTime} of them no connection begins. */
async function serveOn(delay: number, { listener }: Running, pause: Pause): Promise<void> {
  if (delay === 0) return
  await pause(Math.max(0, delay - quietTime))
  await listener.holdOff()
  await pause(Math.min(delay, quietTime))
}

/** Closes the port, waits for requests in flight, but not for longer than allowed, and closes the services. */
async function finish({ listener, onClosed, close, log }: Running, pause: Pause): Promise<void> {
  const drained = listener.drain().then(() => true)
  onClosed?.()
  const isDrained = await Promise.race([drained, pause(longestFarewell).then(() => false)])
  if (!isDrained) {
    log('warn', 'stopped with requests in flight')
    await listener.close()
  }
  await close()
  if (isDrained) log('info', 'stopped')
}

function exitCodeOf(by: string): number {
  return by === 'SIGINT' ? 130 : 143
}
