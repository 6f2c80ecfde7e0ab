import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { availableParallelism } from 'node:os'
import { programs, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const secret = 'a-secret-with-a-slow-hash'
const form = `grant_type=client_credentials&client_id=app&client_secret=wrong-${secret}`
const request = `POST /api/v1/tenant/acme/oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`

test('a slow check whose client went away while it waited is not made', () =>
  withFolder(async (folder) => {
    const hash = await Bun.password.hash(secret, { algorithm: 'bcrypt', cost: 12 })
    const client = `clients: { app: { secret_hash: '${hash}' } }`
    await writeConfig(
      folder,
      `tenants:\n  acme: { name: A, oauth2: {}, signing: { algorithm: ES256 }, ${client} }\n`,
    )
    const server = await startServer(programs.executable, { folder })
    // As many as there are cores are worked on at once; twenty more wait.
    const sockets = Array.from({ length: availableParallelism() + 20 }, () =>
      connect(server.port, '127.0.0.1'),
    )
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.write(request, resolve))))
    // A server that has answered a later request has read what was sent before it.
    await fetch(`${server.url}/health`)
    for (const socket of sockets) socket.destroy()
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'app',
      client_secret: secret,
    })
    const answer = await fetch(`${server.url}/api/v1/tenant/acme/oauth/token`, { method: 'POST', body })
    expect(answer.status).toBe(200)
    expect(await server.stop()).toBe(0)
    const skipped = server.output().match(/"reason":"[^"]*The client went away"/g) ?? []
    expect(skipped.length).toBeGreaterThan(5)
    // Anybody can go away, so it is no error of the server and rings no alert.
    expect(server.output()).not.toMatch(/"level":"error"|"status":5/)
    expect(server.output()).toContain('"status":499')
  }))
