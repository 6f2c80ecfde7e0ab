import { connect, type Socket } from 'node:net'
import { waitFor } from './wait-for.ts'

/** A client that says what it likes, byte by byte. */
export interface RawSocket {
  readonly socket: Socket
  send(text: string | Uint8Array): void
  /** What came so far, one character for each byte. */
  received(): string
  /** Resolves when the other side ends the connection, in order or by a reset. */
  readonly ended: Promise<void>
  isEnded(): boolean
  /** Waits until an answer is there. */
  answer(beginning?: string): Promise<string>
  close(): void
}

export async function openRaw(
  port: number,
  { host = '127.0.0.1', isReading = true } = {},
): Promise<RawSocket> {
  const socket = connect({ port, host })
  const ended = Promise.withResolvers<void>()
  let text = ''
  let isEnded = false
  const end = () => {
    isEnded = true
    ended.resolve()
  }
  socket.on('error', end).on('end', end).on('close', end)
  if (isReading) {
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
  } else socket.pause()
  await new Promise((resolve) => socket.once('connect', resolve).once('error', resolve))
  return {
    socket,
    send: (sent) => void socket.write(sent),
    received: () => text,
    ended: ended.promise,
    isEnded: () => isEnded,
    answer: async (beginning = 'HTTP/1.1 ') => {
      await waitFor(`${beginning} came`, () => text.includes(beginning) || isEnded)
      return text
    },
    close: () => void socket.destroy(),
  }
}

/** A request that every listener of a test answers. */
export const getRequest = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n'
