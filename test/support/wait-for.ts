/** Seconds after which something that does not come is a failure; below the limit of a test, so that the failure has a name. */
const longestWait = 45
/** Milliseconds between two looks. */
const pause = 5

type Found<T> = NonNullable<Exclude<T, false>>

/**
 * Looks again and again until `look` returns something that is true, and returns it. Throws after 45 seconds, or `seconds`; `what`
 * completes "It took more than 45 seconds until ...". This is the one file of the tests that sleeps.
 */
export async function waitFor<T>(
  what: string,
  look: () => T | Promise<T>,
  { seconds = longestWait }: { readonly seconds?: number } = {},
): Promise<Found<T>> {
  const giveUp = performance.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (found) return found as Found<T>
    if (performance.now() > giveUp) throw new Error(`It took more than ${seconds} seconds until ${what}`)
    await Bun.sleep(pause)
  }
}

/** As waitFor, but without a turn of the event loop: what this process has to do waits as well. */
export function waitWithoutTurn(what: string, look: () => boolean): void {
  const giveUp = performance.now() + longestWait * 1000
  while (!look()) {
    if (performance.now() > giveUp) throw new Error(`It took more than ${longestWait} seconds until ${what}`)
    Bun.sleepSync(pause)
  }
}

/** Lets everything run that can run now: what still waits afterwards waits for something from outside, or for a timer. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise<void>((resolve) => void setImmediate(resolve))
}

/** Lets time itself pass, for what is paced or slow by intention; says why beside it ("Time is the subject: ..."). */
export function rest(milliseconds: number): Promise<void> {
  return Bun.sleep(milliseconds)
}
