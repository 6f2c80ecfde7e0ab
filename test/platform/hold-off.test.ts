import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { waitWithoutTurn } from '../support/wait-for.ts'

const isLinux = process.platform === 'linux'

function open(port: number) {
  const socket = connect(port, '127.0.0.1')
  const connected = new Promise<void>((resolve, reject) =>
    socket.once('connect', resolve).once('error', reject),
  )
  return { socket, connected }
}

/** Connections of a port that are there for the system, accepted or not; read without a turn of the event loop. */
function countConnected(port: number): number {
  const established = new RegExp(
    `^ *\\d+: \\w+:${port.toString(16).toUpperCase().padStart(4, '0')} \\w+:\\w+ 01 `,
    'gm',
  )
  return readFileSync('/proc/net/tcp', 'utf8').match(established)?.length ?? 0
}

function firstByteOf(socket: ReturnType<typeof connect>): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (chunk) => resolve(chunk.toString().slice(0, 12))).once('error', reject)
  })
}

test.if(isLinux)(
  'a port that is held off serves the connections that it has, lets none begin, and leaves other ports alone',
  async () => {
    const fetch = async () => new Response('here')
    const [held, other] = [1, 2].map(() => bunPlatform().listen({ hostname: '127.0.0.1', port: 0, fetch }))
    if (!held || !other) throw new Error('Wanted two listeners')
    const before = open(held.port)
    await before.connected
    expect(await held.holdOff()).toBe(true)

    before.socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    expect(await firstByteOf(before.socket)).toBe('HTTP/1.1 200')
    const elsewhere = open(other.port)
    await elsewhere.connected

    const late = open(held.port)
    let isConnected = false
    late.connected.then(
      () => {
        isConnected = true
      },
      () => {},
    )
    // One that tries after it, at a port that is not held off, is through.
    const after = open(other.port)
    await after.connected
    expect(isConnected).toBe(false)
    await held.drain()
    // Its second try finds the port closed.
    expect(late.connected).rejects.toThrow('ECONNREFUSED')
    await late.connected.catch(() => {})
    for (const { socket } of [before, elsewhere, late, after]) socket.destroy()
    await other.close()
  },
)

/** Two hundred clients, each with a connection of its own; it prints what their answers begin with. */
const clients = `
  import { connect } from 'node:net'
  const beginnings = Array.from({ length: 200 }, () => new Promise((resolve) => {
    const socket = connect(Number(process.argv[1]), '127.0.0.1')
    socket.on('data', (chunk) => resolve(chunk.toString().slice(0, 12)))
    socket.on('error', (cause) => resolve(String(cause)))
    socket.write('GET / HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n\\r\\n')
  }))
  console.log([...new Set(await Promise.all(beginnings))].join())`

test.if(isLinux)(
  'connections that were on their way when a port was held off are answered, and none is cut off',
  async () => {
    const fetch = async () => new Response('here')
    const listener = bunPlatform().listen({ hostname: '127.0.0.1', port: 0, fetch })
    // They connect while this thread, which would accept them, is busy.
    const child = Bun.spawn([process.execPath, '-e', clients, String(listener.port)], { stdout: 'pipe' })
    waitWithoutTurn('all have connected', () => countConnected(listener.port) >= 200)
    expect(await listener.holdOff()).toBe(true)
    expect(await new Response(child.stdout).text()).toBe('HTTP/1.1 200\n')
    await listener.drain()
  },
)
