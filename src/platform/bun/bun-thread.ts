/** A worker of Bun, which may or may not keep its process from ending. */
export type HeldWorker = Worker & { ref(): void; unref(): void }

/**
 * Starts a thread with a file of this room, such as `openssl/openssl-thread.ts`, which is an entry of `scripts/compile.ts` too. Throws if
 * there is no room for a thread.
 */
export function startThread(file: string): HeldWorker {
  // In the executable this file is in a chunk at the root.
  const isCompiled = /\/(?:\$bunfs|~BUN)\//.test(import.meta.url)
  const url = new URL(isCompiled ? `./platform/${file}` : `../${file}`, import.meta.url)
  // The types of the DOM do not know the two methods.
  return new Worker(url, { smol: true }) as HeldWorker
}
