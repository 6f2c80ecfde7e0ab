import type { ProcessStatus } from '../metrics/process-status.ts'
import type { Samples } from '../metrics/samples.ts'
import type { Steering } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import type { Channel } from '../platform/processes.ts'
import { orderOf, type StopOrder } from './stop-order.ts'
import {
  type ConfigSource,
  type Place,
  type Plan,
  type PlanResult,
  type SwapResult,
  type ToSupervisor,
  type ToWorker,
  workerVariable,
} from './worker-messages.ts'

/** The supervisor stopped this worker, or ended itself, before the worker served. */
export class Dismissed extends Error {}

/** The orders of the supervisor to a worker that listens. */
export interface WorkerDuties {
  readonly steering: Steering | undefined
  readonly leave: () => void
  readonly samples: () => Samples
  readonly status: () => Promise<ProcessStatus>
  readonly swap: SwapDuties
  /** Replaces the certificate. Undefined: there is none. */
  readonly renewal: { renew(): Promise<boolean>; retire(): Promise<void> } | undefined
}

/** What a worker does when the configuration changes. */
export interface SwapDuties {
  /** Never throws. */
  prepare(config: ConfigSource): Promise<SwapResult>
  /** Never throws. */
  plan(config: ConfigSource): Promise<PlanResult>
  commit(): void
  abort(): void
  note(isConfigRejected: boolean): void
}

/** The supervisor, as a worker sees it. */
export class WorkerSide {
  /** A number that no other worker of this supervisor has or had. */
  readonly id: number
  readonly #channel: Channel
  readonly #waiting = new Map<ToWorker['type'], (message: ToWorker) => void>()
  readonly #begun: Promise<ToWorker>
  #dismiss = (_cause: Dismissed) => {}
  readonly #dismissed: Promise<never>
  #stopped: StopOrder | undefined
  #onStop: ((order: StopOrder) => void) | undefined
  #duties: WorkerDuties | undefined

  private constructor(id: number, channel: Channel) {
    this.id = id
    this.#channel = channel
    this.#begun = this.#next('begin')
    this.#dismissed = new Promise((_, reject) => {
      this.#dismiss = reject
    })
    this.#dismissed.catch(() => {})
    channel.onMessage((message) => this.#take(message as ToWorker))
    // If the supervisor is gone, this worker stops. Otherwise it would keep the port for ever.
    channel.onGone(() => this.#stop({ by: 'the supervisor is gone', keepServing: false }))
  }

  /** Returns the supervisor of this process; undefined if this process is not a worker. */
  static find({
    processes,
    environment,
  }: Pick<Platform, 'processes' | 'environment'>): WorkerSide | undefined {
    const id = Number(environment(workerVariable))
    const { parent } = processes
    return parent && Number.isSafeInteger(id) && id > 0 ? new WorkerSide(id, parent) : undefined
  }

  /** Waits for the configuration from the supervisor. Throws {@link Dismissed}. */
  async begin(): Promise<{ config: ConfigSource; isQuiet: boolean }> {
    const message = await Promise.race([this.#begun, this.#dismissed])
    if (message.type !== 'begin') throw new TypeError('Wanted begin')
    return message
  }

  /** Reports the plan, and returns where to listen. Throws {@link Dismissed}. */
  async plan(plan: Plan): Promise<Place> {
    const answer = this.#next('listen')
    this.#send({ type: 'planned', plan })
    const message = await Promise.race([answer, this.#dismissed])
    if (message.type !== 'listen') throw new TypeError('Wanted listen')
    return message
  }

  serve(duties: WorkerDuties): void {
    this.#duties = duties
  }

  ready(text: string): void {
    this.#send({ type: 'ready', text })
  }

  certificateChanged(fingerprint: string): void {
    this.#send({ type: 'certificate', fingerprint })
  }

  closed(): void {
    this.#send({ type: 'closed' })
  }

  /** Calls back only at the first order to stop, because the supervisor handles a second signal. */
  onStop(listener: (order: StopOrder) => void): void {
    if (this.#stopped) listener(this.#stopped)
    else this.#onStop = listener
  }

  /** Call this when the process got a signal, alone or with all of its group. */
  signalled(signal: string): void {
    this.#stop(orderOf(signal))
  }

  /** Sends the last samples. */
  reportSamples(): void {
    if (this.#duties) this.#send({ type: 'metrics', samples: this.#duties.samples() })
  }

  async #reportStatus(): Promise<void> {
    if (this.#duties) this.#send({ type: 'status', status: await this.#duties.status() })
  }

  #send(message: ToSupervisor): void {
    this.#channel.send(message)
  }

  #next(type: ToWorker['type']): Promise<ToWorker> {
    return new Promise((resolve) => this.#waiting.set(type, resolve))
  }

  #take(message: ToWorker): void {
    this.#waiting.get(message.type)?.(message)
    if (message.type === 'stop') this.#stop({ by: 'the supervisor', keepServing: message.keepServing })
    if (message.type === 'leave') this.#duties?.leave()
    if (message.type === 'metrics') this.reportSamples()
    if (message.type === 'status') void this.#reportStatus()
    if (message.type === 'steer') void this.#steer((steering) => steering.steer(message))
    if (message.type === 'renew') void this.#renew()
    if (message.type === 'retire') void this.#retire()
    if (message.type === 'release') void this.#steer((steering) => steering.release())
    if (this.#duties) this.#takeSwap(message, this.#duties.swap)
  }

  #takeSwap(message: ToWorker, swap: SwapDuties): void {
    if (message.type === 'prepare')
      void swap.prepare(message.config).then((result) => this.#send({ type: 'prepared', result }))
    if (message.type === 'plan')
      void swap.plan(message.config).then((result) => this.#send({ type: 'compared', result }))
    if (message.type === 'commit') {
      swap.commit()
      this.#send({ type: 'committed' })
    }
    if (message.type === 'abort') swap.abort()
    if (message.type === 'note') swap.note(message.isConfigRejected)
  }

  async #steer(work: (steering: Steering) => Promise<boolean>): Promise<void> {
    const steering = this.#duties?.steering
    this.#send({ type: 'steered', isDone: steering !== undefined && (await work(steering)) })
  }

  async #renew(): Promise<void> {
    this.#send({ type: 'renewed', isDone: (await this.#duties?.renewal?.renew()) ?? false })
  }

  async #retire(): Promise<void> {
    await this.#duties?.renewal?.retire()
    this.#send({ type: 'retired' })
  }

  #stop(order: StopOrder): void {
    if (this.#stopped) return
    this.#stopped = order
    this.#dismiss(new Dismissed(`Stopped by ${order.by}`))
    this.#onStop?.(order)
  }
}
