import type { Lifecycle } from '../deps.ts'
import type { Log } from '../log.ts'
import type { Listener, Platform } from '../platform/platform.ts'
import { exitCodes } from './command.ts'

/** Milliseconds that answers in flight may take once the server stops. */
const longestFarewell = 10_000

export interface Running {
  readonly platform: Pick<Platform, 'after'>
  readonly listener: Listener
  readonly lifecycle: Lifecycle
  readonly log: Log
  /** Calls back whenever it is told to stop, and by what, until the returned function is called. */
  readonly onStop: (listener: (by: string) => void) => () => void
  /** Told once no more connections are taken. */
  readonly onClosed?: () => void
  /** Ends what works behind the answers, once no more are given. */
  readonly close: () => Promise<void>
}

/** Serves until it is told to stop, lets what is in flight finish, and answers the exit code; being told again ends it at once. */
export function runUntilStopped(running: Running): Promise<number> {
  const { platform, listener, lifecycle, log, onStop, onClosed, close } = running
  return new Promise((resolve) => {
    const end = (code: number) => {
      removeListener()
      cancelTimer()
      resolve(code)
    }
    let cancelTimer = () => {}
    const removeListener = onStop((signal) => {
      if (lifecycle.phase === 'stopping') return end(exitCodeOf(signal))
      lifecycle.phase = 'stopping'
      log('info', 'stopping', { signal })
      cancelTimer = platform.after(longestFarewell, () => {
        log('warn', 'stopped with requests in flight')
        void listener
          .close()
          .then(close)
          .then(() => end(exitCodes.ok))
      })
      const drained = listener.drain()
      onClosed?.()
      void drained.then(close).then(() => {
        log('info', 'stopped')
        end(exitCodes.ok)
      })
    })
  })
}

function exitCodeOf(signal: string): number {
  return signal === 'SIGINT' ? 130 : 143
}
