import type { ProcessStatus } from '../metrics/process-status.ts'
import type { Samples } from '../metrics/samples.ts'
import type { ChildProcess, Exit } from '../platform/processes.ts'
import type { ConfigSource, Plan, PlanResult, SwapResult, ToSupervisor, ToWorker } from './worker-messages.ts'

/** A worker ended before it did what the supervisor waited for. */
export class WorkerEnded extends Error {
  readonly exit: Exit

  constructor(exit: Exit) {
    super('The worker ended')
    this.exit = exit
  }
}

interface Waiting {
  readonly type: ToSupervisor['type']
  /** Undefined: the worker ended. */
  readonly resolve: (answer: ToSupervisor | undefined) => void
}

/** One worker as its supervisor sees it. */
export class WorkerHandle {
  readonly id: number
  readonly pid: number
  /** Both throw {@link WorkerEnded}. */
  readonly planned: Promise<Plan>
  readonly ready: Promise<string>
  readonly exited: Promise<Exit>
  /** Called with its last samples. */
  onSamples: (samples: Samples) => void = () => {}
  /** Called with the fingerprint of a certificate that is new in its files. */
  onCertificate: (fingerprint: string) => void = () => {}
  #shutdownDelay = 0
  #isReady = false
  #isToldToGo = false
  #isGone = false
  #samplesAsked: Promise<boolean> | undefined
  #statusAsked: Promise<ProcessStatus | undefined> | undefined
  readonly #child: ChildProcess
  #waiting: Waiting[] = []

  constructor(id: number, child: ChildProcess) {
    this.id = id
    this.pid = child.pid
    this.#child = child
    const planned = Promise.withResolvers<Plan>()
    const ready = Promise.withResolvers<string>()
    this.planned = planned.promise
    this.ready = ready.promise
    for (const promise of [planned.promise, ready.promise]) promise.catch(() => {})
    child.onMessage((message) => {
      const received = message as ToSupervisor
      if (received.type === 'planned') {
        this.#shutdownDelay = received.plan.shutdownDelay
        planned.resolve(received.plan)
      }
      if (received.type === 'ready') {
        this.#isReady = true
        ready.resolve(received.text)
      }
      if (received.type === 'metrics') this.onSamples(received.samples)
      if (received.type === 'certificate') this.onCertificate(received.fingerprint)
      this.#answer(received)
    })
    this.exited = child.exited.then((exit) => {
      this.#isGone = true
      planned.reject(new WorkerEnded(exit))
      ready.reject(new WorkerEnded(exit))
      for (const { resolve } of this.#waiting) resolve(undefined)
      this.#waiting = []
      return exit
    })
  }

  /** Whether the worker takes requests and has no order to stop. */
  get isServing(): boolean {
    return this.#isReady && !this.#isToldToGo && !this.#isGone
  }

  /** Whether the worker has an order to stop. */
  get isToldToGo(): boolean {
    return this.#isToldToGo
  }

  /** The shutdown delay of the worker in milliseconds. */
  get shutdownDelay(): number {
    return this.#shutdownDelay
  }

  send(message: ToWorker): void {
    if (message.type === 'stop' || message.type === 'leave') this.#isToldToGo = true
    this.#child.send(message)
  }

  /** Sends a message and waits for an answer of the given type; false when the worker ends first. */
  async ask(message: ToWorker, answer: ToSupervisor['type']): Promise<boolean> {
    const received = await this.#request(message, answer)
    return received !== undefined && (!('isDone' in received) || received.isDone)
  }

  /** Lets the worker prepare a configuration; undefined when it ends first. */
  async prepare(config: ConfigSource): Promise<SwapResult | undefined> {
    const received = await this.#request({ type: 'prepare', config }, 'prepared')
    return received?.type === 'prepared' ? received.result : undefined
  }

  /** Lets the worker say what a configuration would change; undefined when it ends first. */
  async plan(config: ConfigSource): Promise<PlanResult | undefined> {
    const received = await this.#request({ type: 'plan', config }, 'compared')
    return received?.type === 'compared' ? received.result : undefined
  }

  #request(message: ToWorker, answer: ToSupervisor['type']): Promise<ToSupervisor | undefined> {
    if (this.#isGone) return Promise.resolve(undefined)
    return new Promise((resolve) => {
      this.#waiting.push({ type: answer, resolve })
      this.send(message)
    })
  }

  /**
   * Asks for samples like {@link ask}. A worker that hangs is not asked again before it answers, because metrics may be read for days.
   * One that starts cannot answer yet.
   */
  askSamples(): Promise<boolean> {
    if (!this.#isReady) return Promise.resolve(false)
    this.#samplesAsked ??= this.ask({ type: 'metrics' }, 'metrics').finally(() => {
      this.#samplesAsked = undefined
    })
    return this.#samplesAsked
  }

  /** Asks for the status like {@link askSamples}. Undefined: the worker starts, or it ended first. */
  askStatus(): Promise<ProcessStatus | undefined> {
    if (!this.#isReady) return Promise.resolve(undefined)
    this.#statusAsked ??= this.#request({ type: 'status' }, 'status')
      .then((received) => (received?.type === 'status' ? received.status : undefined))
      .finally(() => {
        this.#statusAsked = undefined
      })
    return this.#statusAsked
  }

  kill(): void {
    if (!this.#isGone) this.#child.kill()
  }

  #answer(received: ToSupervisor): void {
    const index = this.#waiting.findIndex(({ type }) => type === received.type)
    const [found] = index < 0 ? [] : this.#waiting.splice(index, 1)
    found?.resolve(received)
  }
}
