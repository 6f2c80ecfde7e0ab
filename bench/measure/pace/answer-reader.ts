const headEnd = Buffer.from('\r\n\r\n')

/** Takes the answers of one HTTP/1.1 connection out of what arrives, in whatever pieces; it knows Content-Length alone. */
export class AnswerReader {
  #pending: Buffer | undefined
  /** Bytes of the body that have not come yet. */
  #missing = 0
  #status = 0

  /** The statuses of the answers that this piece completes. Throws an Error for what it cannot read. */
  read(piece: Uint8Array): number[] {
    const arrived = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    let rest = this.#pending ? Buffer.concat([this.#pending, arrived]) : arrived
    this.#pending = undefined
    const statuses: number[] = []
    while (rest.length > 0) {
      if (this.#status === 0) {
        const end = rest.indexOf(headEnd)
        if (end < 0) {
          // What arrives may lie in a buffer that the next piece is written to.
          this.#pending = Buffer.from(rest)
          return statuses
        }
        this.#readHead(rest.toString('latin1', 0, end))
        rest = rest.subarray(end + headEnd.length)
      }
      const taken = Math.min(this.#missing, rest.length)
      this.#missing -= taken
      rest = rest.subarray(taken)
      if (this.#missing > 0) break
      statuses.push(this.#status)
      this.#status = 0
    }
    return statuses
  }

  #readHead(head: string): void {
    const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1])
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    if (!status || (length === undefined && status !== 204))
      throw new Error(`Cannot read an answer without Content-Length: ${JSON.stringify(head.slice(0, 300))}`)
    this.#status = status
    this.#missing = Number(length ?? 0)
  }
}
