import { connect, type Socket } from 'node:net'
import { rest } from './wait-for.ts'

/** What became of the requests of a load. */
export interface LoadResult {
  /** Answers by status. */
  readonly statuses: ReadonlyMap<number, number>
  /** Requests without an answer, by what the system said. */
  readonly failures: ReadonlyMap<string, number>
}

export interface Load {
  /** How many requests have ended so far, with an answer or without one. */
  answered(): number
  /** Ends the load once each request under way has its answer. */
  stop(): Promise<LoadResult>
}

export interface LoadOptions {
  readonly port: number
  /** A whole request of HTTP/1.1. */
  readonly request: string
  readonly connections: number
  /** Whether a connection is used again for as long as the server keeps it open. */
  readonly keepAlive: boolean
  /** What the body of a 200 holds; one without it is a failure. */
  readonly wanted?: string
  /** Milliseconds between an answer and the next request of a connection; default 0. */
  readonly pause?: number
}

/** Sends requests over sockets of its own, so that no client tries again in silence what was cut off. */
export function startLoad({
  port,
  request,
  connections,
  keepAlive,
  wanted = '',
  pause = 0,
}: LoadOptions): Load {
  const statuses = new Map<number, number>()
  const failures = new Map<string, number>()
  let isRunning = true
  let ended = 0
  const count = <K>(counts: Map<K, number>, key: K) => {
    counts.set(key, (counts.get(key) ?? 0) + 1)
    ended++
  }
  const runOne = async () => {
    let socket: Socket | undefined
    while (isRunning) {
      // Time is the subject: such clients rest between requests.
      if (pause > 0) await rest(pause)
      try {
        const { status, mayStay, body } = await (socket === undefined
          ? open(port)
          : Promise.resolve(socket)
        ).then((opened) => {
          socket = opened
          return exchange(opened, request)
        })
        if (status === 200 && !body.includes(wanted)) count(failures, 'an answer of somebody else')
        else count(statuses, status)
        if (keepAlive && mayStay) continue
      } catch (cause) {
        const code = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
        count(failures, code)
      }
      socket?.destroy()
      socket = undefined
    }
    socket?.destroy()
  }
  const running = Promise.all(Array.from({ length: connections }, runOne))
  return {
    answered: () => ended,
    stop: async () => {
      isRunning = false
      await running
      return { statuses, failures }
    },
  }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('error', reject)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
  })
}

interface Exchanged {
  readonly status: number
  readonly mayStay: boolean
  readonly body: string
}

function exchange(socket: Socket, request: string): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    let text = ''
    const end = (finish: () => void) => {
      socket.removeAllListeners('data').removeAllListeners('error').removeAllListeners('close')
      socket.on('error', () => {})
      finish()
    }
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const headEnd = text.indexOf('\r\n\r\n')
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1])
      if (headEnd < 0 || text.length < headEnd + 4 + length) return
      const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1])
      const mayStay = !/\r\nconnection: close/i.test(text.slice(0, headEnd))
      end(() => resolve({ status, mayStay, body: text.slice(headEnd + 4) }))
    })
    socket.on('error', (cause) => end(() => reject(cause)))
    socket.on('close', () => end(() => reject(new Error('closed without an answer'))))
    socket.write(request)
  })
}
