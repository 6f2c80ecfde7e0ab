import { expect, test } from 'bun:test'
import { openRaw } from '../support/raw-socket.ts'
import { programs, startServer, withFolder } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

const health = 'GET /health HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n'

test.if(process.platform === 'linux')(
  'with 128 descriptors and 400 connections that say nothing, new clients are served, and the log says once what happens',
  () =>
    withFolder(async (folder) => {
      const [grantd] = programs.executable
      const limited = ['sh', '-c', 'ulimit -n 128 && exec "$0" "$@"', grantd, 'serve']
      const server = await startServer(limited, { folder })
      // One byte each: otherwise the system would keep them to itself for a second.
      const idle = await Promise.all(Array.from({ length: 400 }, () => openRaw(server.port)))
      for (const each of idle) each.send('G')
      for (let round = 0; round < 20; round++) {
        const client = await openRaw(server.port)
        client.send(health)
        expect(await client.answer('ok')).toStartWith('HTTP/1.1 200')
        client.close()
      }
      await waitFor('it is told', () => server.output().includes('connections are being ended'))
      const told = server.output().match(/.*connections are being ended.*/g)
      expect(told).toHaveLength(1)
      expect(JSON.parse(told?.[0] ?? '')).toMatchObject({ level: 'warn', reason: 'too_many' })
      for (const each of idle) each.close()
      expect(await server.stop()).toBe(0)
    }),
)
