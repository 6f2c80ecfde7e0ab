import type { HeldWorker } from '../bun/bun-thread.ts'
import { OpensslError, type SharedKey } from './openssl-port.ts'
import type { JobResult, ThreadAnswer, ThreadJob, ThreadMessage } from './openssl-thread-job.ts'

/** A signature that somebody waits for. */
export interface PendingSignature extends SharedKey {
  readonly data: Uint8Array
  /** Undefined: no thread has made it. */
  readonly resolve: (signature: Uint8Array | undefined) => void
  readonly reject: (cause: OpensslError) => void
}

export interface SigningThreadOptions {
  readonly path: string
  /** Calls back when the thread is ready, and after signatures. */
  readonly onAnswer: () => void
  /** Calls back if the thread ends by itself, before those who wait learn of it. */
  readonly onEnd: (reason: string) => void
}

/** One of the threads of openssl-threads.ts. */
export class SigningThread {
  readonly #worker: HeldWorker
  readonly #inHand = new Map<number, PendingSignature>()
  #batch: ThreadJob[] = []
  #last = 0
  #isReady = false
  #isEnded = false

  constructor(worker: HeldWorker, { path, onAnswer, onEnd }: SigningThreadOptions) {
    this.#worker = worker
    let reason = 'it was ended'
    worker.onmessage = ({ data }: MessageEvent<ThreadAnswer>) => {
      if (data === 'ready') this.#isReady = true
      else for (const result of data) this.#settle(result)
      onAnswer()
    }
    worker.onerror = ({ message }) => {
      reason = message
      // It may still use a key until it is closed.
      worker.terminate()
    }
    worker.addEventListener('close', () => {
      if (!this.#isEnded) onEnd(reason)
    })
    // An idle thread keeps no process from its end.
    worker.unref()
    this.#post({ path })
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Signatures that it was given and has not made. */
  get inHand(): number {
    return this.#inHand.size
  }

  /** Takes a signature, which {@link send} sends. */
  add(pending: PendingSignature): void {
    if (this.#inHand.size === 0) this.#worker.ref()
    const { pointer, scheme, data } = pending
    const id = ++this.#last
    this.#inHand.set(id, pending)
    this.#batch.push({ id, pointer, scheme, data })
  }

  send(): void {
    if (this.#batch.length > 0) this.#post({ jobs: this.#batch })
    this.#batch = []
  }

  end(): void {
    this.#isEnded = true
    this.#isReady = false
    this.#worker.terminate()
    for (const { resolve } of this.#inHand.values()) resolve(undefined)
    this.#inHand.clear()
  }

  #settle(result: JobResult): void {
    const pending = this.#inHand.get(result.id)
    this.#inHand.delete(result.id)
    if (this.#inHand.size === 0) this.#worker.unref()
    if ('signature' in result) pending?.resolve(result.signature)
    else pending?.reject(new OpensslError(result.reason))
  }

  #post(message: ThreadMessage): void {
    this.#worker.postMessage(message)
  }
}
