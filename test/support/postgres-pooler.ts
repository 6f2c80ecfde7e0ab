/** Passes everything on, but for the number of the server's process, in whose place its clients get one that is the pooler's. */
export function startPooler(port: number) {
  const listener = Bun.listen<Relay>({
    hostname: '127.0.0.1',
    port: 0,
    socket: {
      open(client) {
        client.data = new Relay(
          port,
          (bytes) => client.write(bytes),
          () => client.end(),
        )
      },
      data: (client, bytes) => client.data.send(bytes),
      close: (client) => client.data.end(),
    },
  })
  return listener
}

/** BackendKeyData: its type and its length, before the number and the secret. */
const keyData = Buffer.from([0x4b, 0, 0, 0, 12])

class Relay {
  readonly #server: ReturnType<typeof Bun.connect>

  constructor(port: number, answer: (bytes: Uint8Array) => void, end: () => void) {
    this.#server = Bun.connect({
      hostname: '127.0.0.1',
      port,
      socket: {
        data(_, bytes) {
          const at = bytes.indexOf(keyData)
          if (at >= 0) bytes.writeUInt32BE(0x7fff_fff1, at + keyData.length)
          answer(bytes)
        },
        close: end,
      },
    })
  }

  async send(bytes: Buffer): Promise<void> {
    const copy = Buffer.from(bytes)
    ;(await this.#server).write(copy)
  }

  async end(): Promise<void> {
    ;(await this.#server).end()
  }
}
