import { connect, type Socket } from 'node:net'

/** One connection of HTTP/1.1 that asks one thing after the other and measures each. */
export class Connection {
  readonly #socket: Socket
  #received = ''
  #onAnswer: ((status: number) => void) | undefined

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('data', (chunk) => this.#take(chunk.toString('latin1')))
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, '127.0.0.1')
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    return new Connection(socket)
  }

  /** Sends a whole request; answers the status, and the microseconds until all of the answer was there. */
  async ask(request: string): Promise<{ status: number; microseconds: number }> {
    const started = performance.now()
    const status = await new Promise<number>((resolve) => {
      this.#onAnswer = resolve
      this.#socket.write(request)
    })
    return { status, microseconds: (performance.now() - started) * 1000 }
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#received += text
    const end = this.#received.indexOf('\r\n\r\n')
    if (end < 0) return
    const length = Number(/content-length: (\d+)/i.exec(this.#received.slice(0, end))?.[1] ?? 0)
    if (this.#received.length < end + 4 + length) return
    const status = Number(this.#received.slice(9, 12))
    this.#received = ''
    this.#onAnswer?.(status)
  }
}
