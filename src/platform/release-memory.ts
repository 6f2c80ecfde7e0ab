/**
 * Gives unused memory back to the system. Costs up to a fifth of a second of the event loop. Does nothing if the runtime has no such
 * function.
 */
export async function releaseMemory(): Promise<void> {
  // The runtime may still hold what the current turn of the event loop used.
  await new Promise<void>((resolve) => void setImmediate(resolve))
  if ('Bun' in globalThis) Bun.gc(true)
}
