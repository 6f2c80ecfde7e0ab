import type { Platform } from '../platform/platform.ts'
import { orderOf } from '../supervisor/stop-order.ts'
import type { WorkerSide } from '../supervisor/worker-side.ts'
import type { Running } from './shutdown.ts'

/** The source of orders to stop. It also learns when the port is closed. */
export type Heard = Pick<Running, 'onStop' | 'onClosed'>

/** A worker stops when its supervisor says so, or is gone. */
export function hearSupervisor(worker: WorkerSide): Heard {
  return {
    onStop: (listener) => {
      worker.onStop(listener)
      return () => {}
    },
    onClosed: () => worker.closed(),
  }
}

/** A process without a supervisor stops on SIGTERM and SIGINT. */
export function hearSignals(platform: Platform): Heard {
  return { onStop: (listener) => platform.onStopSignal((signal) => listener(orderOf(signal))) }
}
