/** Work that is done once for all who ask for the same key while it is under way. */
export class KeyedRuns<T> {
  readonly #running = new Map<string, Promise<T>>()

  /** What `work` comes to; `isWanted` tells it whether the key was forgotten meanwhile. */
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

  /** Whoever asks from now on waits for another run. */
  forget(key: string): void {
    this.#running.delete(key)
  }
}
