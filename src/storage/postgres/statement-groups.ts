import { findFault } from './postgres-fault.ts'

/** One request that waits for the statement that it shares with others. */
export interface Grouped<Wanted, Result> {
  readonly wanted: Wanted
  readonly resolve: (result: Result) => void
  readonly reject: (cause: unknown) => void
}

/** The most requests of one statement. */
const largest = 500

/**
 * Groups requests for statements: those that arrive together share one, and so do those that arrive while `most` statements are under way. A
 * request does not wait for others if fewer are.
 */
export class StatementGroups<Wanted, Result> {
  readonly #most: number
  readonly #run: (group: readonly Grouped<Wanted, Result>[]) => Promise<void>
  readonly #waiting: Grouped<Wanted, Result>[] = []
  #running = 0

  /** `run` settles every request of the group, and never rejects. */
  constructor(most: number, run: (group: readonly Grouped<Wanted, Result>[]) => Promise<void>) {
    this.#most = most
    this.#run = run
  }

  ask(wanted: Wanted): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ wanted, resolve, reject })
      // What the same step of the event loop asks for comes first, such as the reads of one request.
      if (this.#waiting.length === 1) queueMicrotask(() => this.#start())
    })
  }

  #start(): void {
    while (this.#running < this.#most && this.#waiting.length > 0) {
      this.#running++
      void this.#run(this.#waiting.splice(0, largest)).finally(() => {
        this.#running--
        this.#start()
      })
    }
  }
}

/** Whether an error is about the values of one row, by the class of its SQLSTATE: data, integrity, limits. */
export function isOfOneRow(cause: unknown): boolean {
  return ['22', '23', '54'].includes(findFault(cause)?.code.slice(0, 2) ?? '')
}

/** The place of a row as one text. */
export function keyOf({ tenant, kind, id }: Readonly<Record<'tenant' | 'kind' | 'id', unknown>>): string {
  return JSON.stringify([tenant, kind, id])
}

/** The rows of a group, in the order of all processes, so that two groups with the same rows do not wait for each other. */
export function inOrderOfKeys<Row extends Parameters<typeof keyOf>[0]>(
  group: readonly Pick<Grouped<Row, unknown>, 'wanted'>[],
): Row[] {
  return group
    .map(({ wanted }) => ({ key: keyOf(wanted), wanted }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ wanted }) => wanted)
}
