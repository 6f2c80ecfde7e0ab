/** Attacks on the port of a server, as a process of its own: bench/hostile/attacks.ts KIND PORT COUNT. It ends with its standard input. */
import { connect, type Socket } from 'node:net'

const tokenPath = '/api/v1/tenant/bench/oauth/token'
const large = 'GET /swagger/swagger-ui-bundle.js HTTP/1.1\r\nHost: here\r\n\r\n'

/** Requests whose end a proxy may see elsewhere. */
const shapes = [
  `POST ${tokenPath} HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  `POST ${tokenPath} HTTP/1.1\r\nHost: here\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef`,
  `POST ${tokenPath} HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`,
  `POST ${tokenPath} HTTP/1.1\r\nHost: here\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\nabc`,
  'GET /health HTTP/1.1\nHost: here\n\n',
  'GET /health HTTP/1.1\r\nHost: here\r\nX: a\0b\r\n\r\n',
  'GET /health HTTP/1.1\r\nHost: here\r\n\r\nGET /health HTTP/1.1\r\nHost: here\r\n\r\n',
]

interface Attack {
  /** Called once connected. */
  readonly begin: (socket: Socket, index: number) => void
  /** Called each second while connected. */
  readonly go?: (socket: Socket) => void
  readonly readsNothing?: boolean
}

const attacks: Readonly<Record<string, Attack>> = {
  silent: { begin: () => {} },
  mute: { begin: (socket) => void socket.write('G') },
  answered: { begin: (socket) => void socket.write('GET /health HTTP/1.1\r\nHost: here\r\n\r\n') },
  'slow-head': {
    begin: (socket) => void socket.write('GET /health HTTP/1.1\r\n'),
    go: (socket) => void socket.write('X: a\r\n'),
  },
  'slow-body': {
    begin: (socket) =>
      void socket.write(
        `POST ${tokenPath} HTTP/1.1\r\nHost: here\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\n`,
      ),
    go: (socket) => void socket.write('a'),
  },
  'slow-reader': { begin: (socket) => void socket.write(large), readsNothing: true },
  shapes: { begin: (socket, index) => void socket.write(shapes[index % shapes.length] ?? '') },
}

const [kind = '', port, count] = process.argv.slice(2)
const attack = attacks[kind]
if (!attack) throw new Error(`Wanted one of ${Object.keys(attacks).join(', ')}, got ${kind}`)
const open = new Set<Socket>()

/** Keeps one connection open: whoever is cut off comes again five seconds later. */
function begin(index: number): void {
  const socket = connect(Number(port), '127.0.0.1')
  socket.on('error', () => {})
  socket.once('connect', () => {
    open.add(socket)
    attack?.begin(socket, index)
  })
  if (attack?.readsNothing) socket.pause()
  else socket.resume()
  socket.once('close', () => {
    open.delete(socket)
    setTimeout(() => begin(index), 5000)
  })
}

/** A few at a time, so that this process itself does not stand still. */
async function beginAll(): Promise<void> {
  for (let index = 0; index < Number(count); index++) {
    begin(index)
    if (index % 50 === 49) await Bun.sleep(5)
  }
}

setInterval(() => {
  for (const socket of open) attack?.go?.(socket)
}, 1000)
void beginAll()
process.stdin.on('data', () => {}).on('end', () => process.exit(0))
