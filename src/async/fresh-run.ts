/**
 * Work that many wait for and that is done once for all of them: at most one run is under way, and whoever asks while it
 * is waits for the next one, because this one may have looked already before the caller had its reason to ask.
 */
export class FreshRun<T> {
  readonly #work: () => Promise<T>
  #running: Promise<T> | undefined
  #next: Promise<T> | undefined

  constructor(work: () => Promise<T>) {
    this.#work = work
  }

  /** The outcome of a run that began after this call. */
  run(): Promise<T> {
    if (!this.#running) return this.#start()
    this.#next ??= this.#startAfter(this.#running)
    return this.#next
  }

  async #startAfter(running: Promise<T>): Promise<T> {
    // How that one ended is for those who wait for it.
    await running.catch(() => {})
    this.#next = undefined
    return this.#start()
  }

  #start(): Promise<T> {
    const running = this.#work()
    this.#running = running
    const end = () => {
      if (this.#running === running) this.#running = undefined
    }
    running.then(end, end)
    return running
  }
}
