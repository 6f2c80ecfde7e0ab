import { type HeldWorker, startThread } from '../bun/bun-thread.ts'
import type { OpensslThreads, OpensslThreadsOptions, SharedKey } from './openssl-port.ts'
import { type PendingSignature, SigningThread } from './signing-thread.ts'

export interface SigningThreadsOptions extends OpensslThreadsOptions {
  /** The library in which the keys are. */
  readonly path: string
  /** Starts a thread with openssl-thread.ts. */
  readonly start: () => HeldWorker
}

/** Threads that are started in place of some that have ended, in the life of the process. */
const mostReplacements = 3
/** Signatures that a thread has in hand, so that it finds the next one while the event loop is busy. The others wait here for any thread. */
const mostInHand = 8

/** See {@link OpensslThreads}. The threads are workers of Bun. */
export class SigningThreads implements OpensslThreads {
  readonly #options: SigningThreadsOptions
  readonly #threads = new Set<SigningThread>()
  readonly #waiting: PendingSignature[] = []
  #starts = 0
  #isDue = false
  #onEmpty: (() => void) | undefined

  constructor(options: SigningThreadsOptions) {
    this.#options = options
  }

  sign({ pointer, scheme }: SharedKey, data: Uint8Array): Promise<Uint8Array | undefined> | undefined {
    if (this.#onEmpty) return undefined
    if (this.#ready().length === 0) {
      this.#startAnother()
      return undefined
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ pointer, scheme, data, resolve, reject })
      if (this.#isDue) return
      this.#isDue = true
      // One message for all signatures that are asked for by now.
      queueMicrotask(() => this.#share())
    })
  }

  close(): Promise<void> {
    return new Promise((resolve) => {
      this.#onEmpty = resolve
      this.#giveUp()
      for (const thread of this.#threads) if (thread.inHand === 0) this.#end(thread)
      if (this.#threads.size === 0) resolve()
    })
  }

  #ready(): SigningThread[] {
    return [...this.#threads].filter(({ isReady }) => isReady)
  }

  /** Gives the signatures that wait to the threads with the least in hand. */
  #share(): void {
    this.#isDue = false
    const threads = this.#ready()
    if (this.#waiting.length > threads.filter(({ inHand }) => inHand === 0).length) this.#startAnother()
    for (let round = 0; round < mostInHand; round++)
      for (const thread of threads) {
        const next = thread.inHand <= round ? this.#waiting.shift() : undefined
        if (next) thread.add(next)
      }
    for (const thread of threads) thread.send()
  }

  #startAnother(): void {
    const { most, start, path } = this.#options
    const isStarting = [...this.#threads].some(({ isReady }) => !isReady)
    if (isStarting || this.#threads.size >= most || this.#starts >= most + mostReplacements) return
    this.#starts++
    try {
      const thread: SigningThread = new SigningThread(start(), {
        path,
        onAnswer: () => this.#goOn(thread),
        onEnd: (reason) => this.#lose(thread, reason),
      })
      this.#threads.add(thread)
    } catch {
      // There may be no room for a thread now. The others sign, or the caller does.
    }
  }

  #goOn(thread: SigningThread): void {
    if (this.#onEmpty && thread.inHand === 0) this.#end(thread)
    else if (this.#waiting.length > 0 && thread.inHand <= mostInHand / 2) this.#share()
  }

  #lose(thread: SigningThread, reason: string): void {
    this.#end(thread)
    const left = this.#ready().length
    if (left === 0) this.#giveUp()
    this.#options.onEnd({ reason, left })
  }

  #end(thread: SigningThread): void {
    thread.end()
    this.#threads.delete(thread)
    if (this.#threads.size === 0) this.#onEmpty?.()
  }

  /** Lets the callers sign. */
  #giveUp(): void {
    for (const { resolve } of this.#waiting.splice(0)) resolve(undefined)
  }
}

export const startSigningThread = () => startThread('openssl/openssl-thread.ts')
