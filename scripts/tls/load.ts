import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls'

/**
 * Loads a server with TLS until standard input ends, and prints what came of it as JSON. Some clients open a connection for each request;
 * others keep theirs, ask for tokens and are silent between, for longer than an old listener stays open.
 */

const [port = '', ca = '', form = ''] = process.argv.slice(2)
const options: ConnectionOptions = {
  host: '127.0.0.1',
  port: Number(port),
  servername: 'localhost',
  ca: await Bun.file(ca).text(),
}
const fresh = 6
const kept = 30
/** Milliseconds between two of a client that opens a connection for each request. */
const pause = 10
/** Milliseconds. */
const longestSilence = 8000

const counts = { handshakes: 0, requests: 0, failedHandshakes: 0, failedRequests: 0, longestHandshake: 0 }
const causes = new Map<string, number>()
let isOver = false

function note(what: 'failedHandshakes' | 'failedRequests', cause: unknown): void {
  counts[what]++
  const text = `${what}: ${cause instanceof Error ? cause.message : cause}`
  causes.set(text, (causes.get(text) ?? 0) + 1)
}

function open(): Promise<TLSSocket> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const socket = connect(options, () => {
      counts.handshakes++
      counts.longestHandshake = Math.max(counts.longestHandshake, Math.round(performance.now() - started))
      resolve(socket)
    })
    socket
      .once('error', reject)
      .once('close', () => reject(new Error('closed before the handshake was done')))
  })
}

/** Returns whether the connection stays open. */
function ask(socket: TLSSocket, text: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    let answer = ''
    const onClose = () => reject(new Error(`closed without an answer after ${answer.length} bytes`))
    const onData = (chunk: Buffer) => {
      answer += chunk
      const [head = '', body] = answer.split('\r\n\r\n')
      const length = /content-length: (\d+)/i.exec(head)?.[1]
      if (body === undefined || body.length < Number(length ?? 0)) return
      socket.off('data', onData).off('close', onClose)
      if (!head.startsWith('HTTP/1.1 200')) reject(new Error(head.split('\r\n')[0]))
      else resolve(!/connection: close/i.test(head))
    }
    socket.on('data', onData).once('close', onClose)
    socket.write(text)
  })
}

const health = 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
const token =
  `POST /api/v1/tenant/acme/oauth/token HTTP/1.1\r\nHost: localhost\r\n` +
  `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`

async function useFresh(): Promise<void> {
  while (!isOver) {
    const socket = await open().catch((cause) => void note('failedHandshakes', cause))
    if (!socket) continue
    socket.on('error', () => {})
    await ask(socket, health).then(
      () => void counts.requests++,
      (cause) => note('failedRequests', cause),
    )
    socket.destroy()
    await Bun.sleep(pause)
  }
}

async function useKept(): Promise<void> {
  let socket: TLSSocket | undefined
  while (!isOver) {
    // A server may close a silent connection at any time; the client sees that before it asks.
    if (!socket || socket.destroyed || socket.readableEnded) {
      socket = await open().catch((cause) => void note('failedHandshakes', cause))
      socket?.on('error', () => {})
    }
    if (!socket) continue
    try {
      const staysOpen = await ask(socket, token)
      counts.requests++
      if (!staysOpen) socket.destroy()
    } catch (cause) {
      note('failedRequests', cause)
      socket.destroy()
    }
    await Bun.sleep(Math.random() ** 3 * longestSilence)
  }
  socket?.destroy()
}

const clients = [...Array.from({ length: fresh }, useFresh), ...Array.from({ length: kept }, useKept)]
await Bun.stdin.text()
isOver = true
await Promise.all(clients)
console.log(JSON.stringify({ ...counts, causes: Object.fromEntries(causes) }))
