/** Work that is done once for all callers with the same key during a run. */
export class KeyedRuns<T> {
  readonly #running = new Map<string, Promise<T>>()

  /** Returns the result of `work`. `isWanted` returns false when the key was forgotten meanwhile. */
  run(key: string, work: (isWanted: () => boolean) => Promise<T>): Promise<T> {
    const known = this.#running.get(key)
    if (known) return known
    const running: Promise<T> = work(() => this.#running.get(key) === running)
    this.#running.set(key, running)
    const end = () => {
      if (this.#running.get(key) === running) this.#running.delete(key)
    }
    running.then(end, end)
    return running
  }

  /** The run that is under way. */
  get(key: string): Promise<T> | undefined {
    return this.#running.get(key)
  }

  /** Makes later callers start another run. */
  forget(key: string): void {
    this.#running.delete(key)
  }
}
