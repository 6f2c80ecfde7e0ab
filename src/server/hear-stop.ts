import type { Log } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import { orderOf } from '../supervisor/stop-order.ts'
import type { WorkerSide } from '../supervisor/worker-side.ts'
import type { Running } from './shutdown.ts'

/** The source of orders to stop. It also learns when the port is closed. */
export type Heard = Pick<Running, 'onStop' | 'onClosed'>

export function hearSupervisor(worker: WorkerSide): Heard {
  return {
    onStop: (listener) => {
      worker.onStop(listener)
      return () => {}
    },
    onClosed: () => worker.closed(),
  }
}

export function hearSignals(platform: Platform, log: Log): Heard {
  // A closed terminal sends SIGHUP too, and should end the server that was started in it.
  if (!platform.isTerminal) {
    platform.onReloadSignal(() =>
      log('warn', 'SIGHUP changes nothing: a server that was started with --workers, 1 too, reloads by it'),
    )
  }
  return { onStop: (listener) => platform.onStopSignal((signal) => listener(orderOf(signal))) }
}
