import type { ChildProcess, Exit } from '../../src/platform/processes.ts'
import type { Plan, ToSupervisor, ToWorker } from '../../src/supervisor/worker-messages.ts'

export const plan: Plan = {
  ...{ host: '127.0.0.1', port: 0, isShared: true, storage: 'sqlite a.db', shutdownDelay: 0 },
  ...{ metrics: null, dataDir: null, watch: false, log: { level: 'info', format: 'auto' } },
}

/** A worker that answers as it is told to. */
export class FakeWorker {
  readonly received: ToWorker[] = []
  readonly environment: Readonly<Record<string, string>>
  readonly child: ChildProcess
  isKilled = false
  #listener: (message: unknown) => void = () => {}
  readonly #exited = Promise.withResolvers<Exit>()

  constructor(
    environment: Readonly<Record<string, string>>,
    behave: (worker: FakeWorker, message: ToWorker) => void,
  ) {
    this.environment = environment
    this.child = {
      pid: 1000 + Number(environment['GRANTD_WORKER']),
      exited: this.#exited.promise,
      send: (message) => {
        this.received.push(message as ToWorker)
        queueMicrotask(() => behave(this, message as ToWorker))
      },
      onMessage: (listener) => {
        this.#listener = listener
      },
      kill: () => {
        this.isKilled = true
        this.exit({ signal: 'SIGKILL' })
      },
    }
  }

  say(message: ToSupervisor): void {
    this.#listener(message)
  }

  exit({ code, signal }: { code?: number; signal?: string }): void {
    this.#exited.resolve({ code, signal })
  }

  get types(): string[] {
    return this.received.map(({ type }) => type)
  }
}

/** What a worker does that has no troubles. */
export function behaveWell(worker: FakeWorker, message: ToWorker): void {
  if (message.type === 'begin') worker.say({ type: 'planned', plan })
  if (message.type === 'listen')
    worker.say({ type: 'ready', text: `worker ${worker.environment['GRANTD_WORKER']}` })
  if (message.type === 'steer' || message.type === 'release') worker.say({ type: 'steered', isDone: true })
  if (message.type === 'renew') worker.say({ type: 'renewed', isDone: true })
  if (message.type === 'retire') worker.say({ type: 'retired' })
  if (message.type === 'stop') {
    worker.say({ type: 'closed' })
    worker.exit({ code: 0 })
  }
}
