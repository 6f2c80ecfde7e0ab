import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { bunPlatform } from '../../src/platform/bun/bun.ts'

const isLinux = process.platform === 'linux'

function open(port: number) {
  const socket = connect(port, '127.0.0.1')
  const connected = new Promise<void>((resolve, reject) =>
    socket.once('connect', resolve).once('error', reject),
  )
  return { socket, connected }
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
    const first = await Promise.race([
      late.connected.then(() => 'connected'),
      Bun.sleep(300).then(() => 'waits'),
    ])
    expect(first).toBe('waits')
    await held.drain()
    // Its second try finds the port closed.
    expect(late.connected).rejects.toThrow('ECONNREFUSED')
    await late.connected.catch(() => {})
    for (const { socket } of [before, elsewhere, late]) socket.destroy()
    await other.close()
  },
)

test.if(isLinux)(
  'connections that were on their way when a port was held off are answered, and none is cut off',
  async () => {
    const fetch = async () => new Response('here')
    const listener = bunPlatform().listen({ hostname: '127.0.0.1', port: 0, fetch })
    const sockets = Array.from({ length: 200 }, () => open(listener.port))
    // They connect while this thread, which would accept them, is busy.
    const until = performance.now() + 50
    while (performance.now() < until);
    expect(await listener.holdOff()).toBe(true)
    const answers = await Promise.all(
      sockets.map(async ({ socket, connected }) => {
        await connected
        socket.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
        return firstByteOf(socket)
      }),
    )
    expect(new Set(answers)).toEqual(new Set(['HTTP/1.1 200']))
    await listener.drain()
  },
)
