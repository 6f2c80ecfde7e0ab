import { exitCodes } from '../cli/command.ts'
import type { Lifecycle } from '../deps.ts'
import type { Log } from '../log.ts'
import type { Listener } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import type { StopOrder } from '../supervisor/stop-order.ts'

/** Milliseconds that answers in flight may take once the server stops. */
const longestFarewell = 10_000

/**
 * Milliseconds before the port closes in which no new connection begins: long enough that each one that has begun was accepted, and
 * that its first request is there. Closing the port would cut it off.
 */
const quietTime = 300

export interface Running {
  readonly platform: Pick<Platform, 'after'>
  readonly listener: Listener
  readonly lifecycle: Lifecycle
  readonly log: Log
  /** Milliseconds for which requests are served after an order to stop that says so. */
  readonly shutdownDelay: number
  /** Calls back whenever it is told to stop, until the returned function is called. */
  readonly onStop: (listener: (order: StopOrder) => void) => () => void
  /** Told once no more connections are taken. */
  readonly onClosed?: () => void
  /** Ends what works behind the answers, once no more are given. */
  readonly close: () => Promise<void>
}

/**
 * Serves until it is told to stop, then for the shutdown delay, lets what is in flight finish, and answers the exit code. Being told
 * again ends it at once.
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
      // Nobody was told to send requests to a server that still starts.
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

/** Serves for so many milliseconds, in the last of which no connection begins. */
async function serveOn(delay: number, { listener }: Running, pause: Pause): Promise<void> {
  if (delay === 0) return
  await pause(Math.max(0, delay - quietTime))
  await listener.holdOff()
  await pause(Math.min(delay, quietTime))
}

/** Closes the port, lets the answers in flight leave as long as they may take, and ends what works behind them. */
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
