import { AnswerReader } from './answer-reader.ts'
import type { Schedule } from './schedule.ts'

export interface Target {
  readonly hostname: string
  readonly port: number
  /** The request as it goes over the wire. */
  readonly bytes: Uint8Array
  readonly connections: number
}

/** Times are in milliseconds. */
export interface Paced {
  /** From the time at which each request was due to the end of its answer. */
  readonly latencies: number[]
  /** How much later than due each request was sent. */
  readonly delays: number[]
  /** From the start to the sending of the last. */
  readonly lastSentAt: number
  readonly statuses: Record<string, number>
  /** What went wrong with connections and answers. */
  readonly errors: string[]
}

/** Milliseconds that the last answers may take once all is sent. */
const patience = 10_000

/**
 * Sends each request when it is due, on whichever connection is idle for the longest; one that finds none waits, and the wait
 * is part of its latency, so that a server that stalls does not hold off what would show it (no coordinated omission).
 */
export class Pacer {
  readonly #schedule: Schedule
  readonly #bytes: Uint8Array
  readonly #idle: Connection[] = []
  readonly #paced: { -readonly [Name in keyof Paced]: Paced[Name] } = {
    ...{ latencies: [], delays: [], lastSentAt: 0, statuses: {}, errors: [] },
  }
  #startedAt = 0
  #next = 0

  static async run(schedule: Schedule, target: Target): Promise<Paced> {
    const pacer = new Pacer(schedule, target.bytes)
    const opened = Array.from({ length: target.connections }, () => pacer.#connect(target))
    for (const connection of await Promise.all(opened)) pacer.#idle.push(connection)
    await pacer.#send()
    for (const connection of pacer.#idle) connection.socket.end()
    return pacer.#paced
  }

  private constructor(schedule: Schedule, bytes: Uint8Array) {
    this.#schedule = schedule
    this.#bytes = bytes
  }

  async #connect({ hostname, port }: Target): Promise<Connection> {
    const fail = (what: string) => {
      if (!this.#isDone()) this.#paced.errors.push(what)
    }
    const socket = await Bun.connect<Connection>({
      hostname,
      port,
      socket: {
        data: (from, piece) => this.#take(from.data, piece),
        close: () => fail('a connection was closed'),
        error: (_, error) => fail(error.message),
      },
    })
    // Without it, a request may wait for the acknowledgement of the one before.
    socket.setNoDelay(true)
    socket.data = { socket, reader: new AnswerReader(), due: 0 }
    return socket.data
  }

  /** Looks each millisecond what is due; answers in between make it look as well, which spreads what falls on one tick. */
  async #send(): Promise<void> {
    this.#startedAt = performance.now()
    const giveUpAt = this.#schedule.dueAt(this.#schedule.count) + patience
    while (!this.#isDone()) {
      this.#sendDue()
      if (this.#paced.errors.length > 0) return
      if (this.#now() > giveUpAt) {
        this.#paced.errors.push(`${this.#schedule.count - this.#paced.latencies.length} answers never came`)
        return
      }
      await Bun.sleep(1)
    }
  }

  #sendDue(): void {
    const { count } = this.#schedule
    for (; this.#next < count && this.#idle.length > 0; this.#next++) {
      const due = this.#schedule.dueAt(this.#next)
      const now = this.#now()
      if (due > now) return
      const connection = this.#idle.shift()
      if (!connection) return
      connection.due = due
      this.#paced.delays.push(now - due)
      this.#paced.lastSentAt = now
      // A request is far smaller than the buffer of a socket that has nothing in flight.
      if (connection.socket.write(this.#bytes) !== this.#bytes.length)
        this.#paced.errors.push('a request was not sent whole')
    }
  }

  #take(connection: Connection, piece: Uint8Array): void {
    try {
      for (const status of connection.reader.read(piece)) {
        this.#paced.latencies.push(this.#now() - connection.due)
        this.#paced.statuses[status] = (this.#paced.statuses[status] ?? 0) + 1
        this.#idle.push(connection)
      }
    } catch (cause) {
      this.#paced.errors.push(String(cause))
    }
    this.#sendDue()
  }

  #now(): number {
    return performance.now() - this.#startedAt
  }

  #isDone(): boolean {
    return this.#paced.latencies.length === this.#schedule.count
  }
}

interface Connection {
  readonly socket: Bun.Socket<Connection>
  readonly reader: AnswerReader
  /** When the request in flight was due. */
  due: number
}
