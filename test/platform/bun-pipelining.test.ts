import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { bunPlatform } from '../../src/platform/bun/bun.ts'

const one = 'GET / HTTP/1.1\r\nHost: here\r\n\r\n'

/** What comes back on a connection that sends `text` at once, until it is closed or answers are through. */
function send(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let got = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    socket.on('data', (chunk) => {
      got += chunk
      if (got.includes('hello')) socket.end()
    })
    socket.on('close', () => resolve(got))
    socket.on('error', reject)
  })
}

test('who sends a second request before the first is answered loses the connection, and nobody else does', async () => {
  let asked = 0
  const server = bunPlatform().listen({
    hostname: '127.0.0.1',
    port: 0,
    fetch: async () => {
      asked++
      return new Response('hello')
    },
  })
  try {
    const [piped, ...others] = await Promise.all([
      send(server.port, one + one),
      send(server.port, one),
      send(server.port, one),
    ])
    expect(piped).toBe('')
    for (const other of others) expect(other).toContain('200 OK')
    expect(await send(server.port, one)).toContain('hello')
    // One that was cut off may have been worked on all the same.
    expect(asked).toBeGreaterThanOrEqual(3)
  } finally {
    await server.close()
  }
})
