/**
 * Work that is done once for many callers. At most one run is under way. A caller during a run waits for the next run, because the current
 * one may have read its data before the caller had a reason to call.
 */
export class FreshRun<T> {
  readonly #work: () => Promise<T>
  #running: Promise<T> | undefined
  #next: Promise<T> | undefined

  constructor(work: () => Promise<T>) {
    this.#work = work
  }

  get isIdle(): boolean {
    return !this.#running && !this.#next
  }

  /** Returns the outcome of a run that begins after this call. */
  run(): Promise<T> {
    if (this.#next) return this.#next
    if (!this.#running) return this.#start()
    this.#next = this.#startAfter(this.#running)
    return this.#next
  }

  async #startAfter(running: Promise<T>): Promise<T> {
    // An error of that run goes to its own callers.
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
