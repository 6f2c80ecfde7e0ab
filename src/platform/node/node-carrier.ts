import { AsyncLocalStorage } from 'node:async_hooks'
import type { Carrier } from '../platform.ts'

/** A {@link Carrier} by AsyncLocalStorage, which Bun and Deno have too. */
export function createCarrier<T extends object>(): Carrier<T> {
  const storage = new AsyncLocalStorage<T>()
  return { run: (value, work) => storage.run(value, work), current: () => storage.getStore() }
}
