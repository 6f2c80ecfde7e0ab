import { connect, type Socket } from 'node:net'

const body = 'grant_type=client_credentials&client_id=svc&client_secret=svc-secret-of-the-benchmark'
const request = [
  'POST /api/v1/tenant/bench/oauth/token HTTP/1.1',
  'Host: here',
  'Content-Type: application/x-www-form-urlencoded',
  `Content-Length: ${body.length}`,
  '',
  body,
].join('\r\n')

export interface TrafficResult {
  /** Milliseconds from the wish for a token until it is there, a new connection included; in ascending order. */
  readonly latencies: readonly number[]
  /** Requests without a token, by what happened. */
  readonly failures: ReadonlyMap<string, number>
}

/** Milliseconds between two requests of each kind. */
const pace = 20
const longestWait = 10_000

/** Gets tokens for some seconds: each pace one on a new connection, and one on one of four that stay open. */
export async function sendTraffic(port: number, seconds: number): Promise<TrafficResult> {
  const latencies: number[] = []
  const failures = new Map<string, number>()
  const kept: (Socket | undefined)[] = [undefined, undefined, undefined, undefined]
  const running: Promise<void>[] = []
  const attempt = async (place: number | undefined) => {
    const started = performance.now()
    try {
      const held = place === undefined ? undefined : kept[place]
      if (place !== undefined) kept[place] = undefined
      const socket = held && !held.destroyed ? held : await open(port)
      await getToken(socket)
      latencies.push(performance.now() - started)
      if (place === undefined || kept[place] !== undefined) socket.destroy()
      else kept[place] = socket
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      failures.set(reason, (failures.get(reason) ?? 0) + 1)
    }
  }
  const rounds = (seconds * 1000) / pace
  for (let round = 0; round < rounds; round++) {
    running.push(attempt(undefined), attempt(round % kept.length))
    await Bun.sleep(pace)
  }
  await Promise.all(running)
  for (const socket of kept) socket?.destroy()
  return { latencies: latencies.sort((a, b) => a - b), failures }
}

function open(port: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    const timer = setTimeout(() => {
      // Otherwise it would keep this process running until the system gives it up, after two minutes.
      socket.destroy()
      reject(new Error('no connection'))
    }, longestWait)
    socket.on('error', (cause) => reject(new Error('code' in cause ? String(cause.code) : cause.message)))
    socket.once('connect', () => {
      clearTimeout(timer)
      resolve(socket)
    })
  })
}

function getToken(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const end = (fault?: string) => {
      clearTimeout(timer)
      socket.removeAllListeners('data').removeAllListeners('close')
      if (fault === undefined) resolve()
      else {
        socket.destroy()
        reject(new Error(fault))
      }
    }
    const timer = setTimeout(() => end('no answer'), longestWait)
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      if (!text.endsWith('}')) return
      end(text.includes('"access_token"') ? undefined : text.slice(9, 12))
    })
    socket.once('close', () => end('closed without an answer'))
    socket.write(request)
  })
}
