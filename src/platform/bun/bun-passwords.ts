import type { PasswordHash } from '../hashing.ts'
import type { PasswordAnswer, PasswordJob } from './bun-password-job.ts'
import { type HeldWorker, startThread } from './bun-thread.ts'

/**
 * Slow hashes on threads of a low priority, so that many of them at once do not delay other requests. The runtime's own threads do the
 * first few, those that find no idle thread, and all of them where such a thread cannot be had.
 */
export function bunPasswords(options: PasswordThreadsOptions): PasswordHash {
  const threads = new PasswordThreads(options)
  return {
    verify: async (secret, hash) => {
      const answer = await threads.run({ kind: 'verify', secret, hash })
      return answer?.kind === 'verified' ? answer.isRight : Bun.password.verify(secret, hash)
    },
    hash: async (secret, { memory, passes }) => {
      const cost = { algorithm: 'argon2id', memoryCost: memory, timeCost: passes } as const
      const answer = await threads.run({ kind: 'hash', secret, options: cost })
      return answer?.kind === 'hashed' ? answer.hash : Bun.password.hash(secret, cost)
    },
  }
}

export interface PasswordThreadsOptions {
  /** 0: none. */
  readonly most: number
  /** Starts a thread with bun-password-thread.ts. */
  readonly start: () => HeldWorker
}

/** Jobs before the first thread starts: a command that hashes one secret needs none. */
const jobsWithout = 2

class PasswordThreads {
  readonly #options: PasswordThreadsOptions
  readonly #threads: PasswordThread[] = []
  #jobs = 0

  constructor(options: PasswordThreadsOptions) {
    this.#options = options
  }

  /** Undefined: no thread has done it. */
  async run(job: PasswordJob): Promise<PasswordAnswer | undefined> {
    const idle = this.#threads.find(({ isIdle }) => isIdle)
    if (idle) return idle.run(job)
    this.#jobs++
    const isStarting = this.#threads.some(({ isStarting: is }) => is)
    if (this.#jobs > jobsWithout && !isStarting && this.#threads.length < this.#options.most) this.#start()
    return undefined
  }

  #start(): void {
    try {
      this.#threads.push(new PasswordThread(this.#options.start()))
    } catch {
      // There may be no room for a thread now. The runtime does the job.
    }
  }
}

class PasswordThread {
  readonly #worker: HeldWorker
  #state: 'starting' | 'idle' | 'busy' | 'ended' = 'starting'
  #finish: (answer: PasswordAnswer | undefined) => void = () => {}

  constructor(worker: HeldWorker) {
    this.#worker = worker
    worker.onmessage = ({ data }: MessageEvent<PasswordAnswer>) => this.#end('idle', data)
    worker.onerror = () => this.#end('ended', undefined)
    worker.addEventListener('close', () => this.#end('ended', undefined))
    // An idle thread keeps no process from its end.
    worker.unref()
  }

  get isIdle(): boolean {
    return this.#state === 'idle'
  }

  get isStarting(): boolean {
    return this.#state === 'starting'
  }

  run(job: PasswordJob): Promise<PasswordAnswer | undefined> {
    this.#state = 'busy'
    this.#worker.ref()
    return new Promise((resolve) => {
      this.#finish = resolve
      this.#worker.postMessage(job)
    })
  }

  #end(state: 'idle' | 'ended', answer: PasswordAnswer | undefined): void {
    if (this.#state === 'ended') return
    this.#state = state
    this.#worker.unref()
    this.#finish(answer)
  }
}

/** Starts a thread of a low priority. Throws if there is no room for it. */
export const startPasswordThread = () => startThread('bun/bun-password-thread.ts')
