import type { Lifecycle } from '../deps.ts'
import type { Log } from '../log.ts'
import type { Listener, Platform, StopSignal } from '../platform/platform.ts'
import { exitCodes } from './command.ts'

/** Milliseconds that answers in flight may take once the server stops. */
const longestFarewell = 10_000

interface Running {
  readonly platform: Platform
  readonly listener: Listener
  readonly lifecycle: Lifecycle
  readonly log: Log
  /** Ends what works behind the answers, once no more are given. */
  readonly close: () => Promise<void>
}

/** Serves until a signal, lets what is in flight finish, and answers the exit code; a second signal ends it at once. */
export function runUntilStopped({ platform, listener, lifecycle, log, close }: Running): Promise<number> {
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
      cancelTimer = platform.after(longestFarewell, () => {
        log('warn', 'stopped with requests in flight')
        void listener
          .close()
          .then(close)
          .then(() => end(exitCodes.ok))
      })
      void listener
        .drain()
        .then(close)
        .then(() => {
          log('info', 'stopped')
          end(exitCodes.ok)
        })
    })
  })
}

function exitCodeOf(signal: StopSignal): number {
  return { SIGINT: 130, SIGTERM: 143 }[signal]
}
