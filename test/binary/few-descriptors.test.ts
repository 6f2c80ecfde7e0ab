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

test.if(process.platform === 'linux')(
  'with 256 descriptors and 240 half requests at the port of the metrics, the main port answers, on a kept connection too',
  () =>
    withFolder(async (folder) => {
      await Bun.write(
        `${folder}/config.yaml`,
        'server: { metrics: { enabled: true, port: 0 } }\ntenants: {}\n',
      )
      const [grantd] = programs.executable
      const limited = ['sh', '-c', 'ulimit -n 256 && exec "$0" "$@"', grantd, 'serve']
      const server = await startServer(limited, { folder })
      const kept = await openRaw(server.port)
      kept.send(health.replace('close', 'keep-alive'))
      expect(await kept.answer('healthy')).toStartWith('HTTP/1.1 200')
      const metrics = Number(/127\.0\.0\.1:(\d+)\/metrics/.exec(server.output())?.[1])
      const half = await Promise.all(Array.from({ length: 240 }, () => openRaw(metrics)))
      for (const each of half) each.send('G')
      await waitFor('it is told', () => server.output().includes('connections are being ended'))
      kept.send(health)
      await waitFor('a second answer', async () => (await kept.answer()).split('HTTP/1.1 200').length === 3)
      const client = await openRaw(server.port)
      client.send(health)
      expect(await client.answer('healthy')).toStartWith('HTTP/1.1 200')
      const told = /.*connections are being ended.*/.exec(server.output())?.[0] ?? ''
      expect(JSON.parse(told)).toMatchObject({ port: metrics, reason: 'too_many' })
      for (const each of [...half, client, kept]) each.close()
      expect(await server.stop()).toBe(0)
    }),
)
