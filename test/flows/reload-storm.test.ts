import { expect, test } from 'bun:test'
import { chmod, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { findSockets } from '../../src/server/reload/control-messages.ts'
import { startLoad } from '../support/raw-load.ts'
import { programs, type RunningServer, startServer, withFolder } from '../support/spawn-server.ts'
import { rest, waitFor } from '../support/wait-for.ts'

/**
 * Reloads one after another under load, a third of them with bad files. `make reload-storm` runs a thousand in a minute, for one process and
 * for two workers, and prints the figures of docs/operations/reload.md. Time is the subject of this whole file.
 */

const reloads = Number(process.env['GRANTD_RELOADS'] ?? 60)
/** Milliseconds from one reload to the next; 0: as fast as they go. */
const every = Number(process.env['GRANTD_RELOAD_EVERY'] ?? 0)
const { localSockets, files } = bunPlatform()

const secret = 'a-secret-of-the-service-in-the-storm'
const tenant = '/api/v1/tenant/acme'
const form = `grant_type=client_credentials&client_id=svc&client_secret=${secret}`
const tokenRequest = `POST ${tenant}/oauth/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`

/** The lifetime tells which reload a token came after. */
const lifeOf = (count: number) => 1000 + count

function render(count: number): string {
  const beta = `
  beta:
    name: Beta ${count}
    oauth2: { audience: [b] }
    signing: { algorithm: ES256 }
    clients: { other: { secret: the-secret-of-reload-number-${count}, scopes: [] } }`
  return `
server: { metrics: { enabled: true, port: 0 } }
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { read: Read }, access_token_ttl: ${lifeOf(count)} }
    signing: { algorithm: ES256 }
    clients: { svc: { secret: ${secret}, scopes: [read] } }${count % 2 === 0 ? beta : ''}
`
}

/** Bad files; all but the empty one name their reload in the fault. */
const bad: readonly ((count: number) => string)[] = [
  (count) => `${render(count)}  nonsense-${count}: { name: N, nonsense-${count}: 1 }\n`,
  (count) => render(count).replace('name: Acme', `name: Acme\n    issuer: no-url-${count}`),
  () => '',
  (count) => `${render(count)} cut-${count}: "`,
]

type Write = (folder: string, text: string, count: number) => Promise<void>

/** How people and programs write files. */
const writes: readonly Write[] = [
  async (folder, text) => {
    await writeFile(join(folder, 'next'), text, { mode: 0o600 })
    await rename(join(folder, 'next'), join(folder, 'config.yaml'))
  },
  async (folder, text) => {
    await writeFile(join(folder, 'config.yaml'), text)
    await chmod(join(folder, 'config.yaml'), 0o600)
  },
  async (folder, text, count) => {
    await writeFile(join(folder, `state-${count % 8}`), text, { mode: 0o600 })
    await symlink(`state-${count % 8}`, join(folder, 'link'))
    await rename(join(folder, 'link'), join(folder, 'config.yaml'))
  },
]

/** Resident bytes of the server and its workers. */
async function residentOf({ pid }: RunningServer): Promise<number> {
  const children = (await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')).split(' ').filter(Boolean)
  const all = await Promise.all(
    [String(pid), ...children].map(async (each) => {
      const status = await readFile(`/proc/${each}/status`, 'utf8')
      return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) * 1024
    }),
  )
  return all.reduce((sum, each) => sum + each, 0)
}

async function descriptorsOf({ pid }: RunningServer): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`)).length
}

async function getLife({ url }: RunningServer): Promise<number> {
  const answer = await fetch(`${url}${tenant}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
    headers: { Connection: 'close' },
  })
  return (await answer.json()).expires_in
}

const faultsOf = (server: RunningServer) =>
  server.output().match(/"the reload failed, the old configuration stays".*/g) ?? []

test.each([
  ['one process', []],
  ['two workers', ['--workers', '2']],
])(
  '%s: reloads under load, a third of them bad, fail no request, each bad one is reported once, and memory is flat',
  (name, args) =>
    withFolder(async (folder) => {
      await writeFile(join(folder, 'config.yaml'), render(0), { mode: 0o600 })
      const server = await startServer(programs.executable, { folder, args })
      const [socket = ''] = await waitFor('it can be asked', async () => {
        const found = await findSockets(join(folder, 'data/control'), { files })
        return found.length > 0 && found
      })
      const loads = [true, false].map((keepAlive) =>
        startLoad({
          port: server.port,
          request: tokenRequest,
          connections: 4,
          keepAlive,
          pause: every > 0 ? 2 : 0,
        }),
      )
      const resident: number[] = []
      const took: number[] = []
      const started = performance.now()
      let expected = lifeOf(0)
      let badOnes = 0
      for (let count = 1; count <= reloads; count++) {
        if (every > 0) await rest(Math.max(0, started + count * every - performance.now()))
        const makeBad = count % 3 === 0 ? bad[(count / 3) % bad.length] : undefined
        await writes[count % writes.length]?.(folder, (makeBad ?? render)(count), count)
        const began = performance.now()
        const answer = await localSockets.ask(socket, '{"command":"reload"}', 60_000)
        took.push(performance.now() - began)
        expect(JSON.parse(answer ?? '')).toMatchObject({ reload: { isTaken: makeBad === undefined } })
        if (makeBad) badOnes++
        else expected = lifeOf(count)
        expect(await getLife(server)).toBe(expected)
        if (count % Math.ceil(reloads / 20) === 0) resident.push(await residentOf(server))
      }
      const seconds = (performance.now() - started) / 1000
      const descriptors = await descriptorsOf(server)
      const results = await Promise.all(loads.map((load) => load.stop()))
      expect(results.map(({ failures }) => [...failures])).toEqual([[], []])
      expect(results.map(({ statuses }) => [...statuses.keys()])).toEqual([[200], [200]])
      await waitFor('all is reported', () => faultsOf(server).length >= badOnes)
      expect(faultsOf(server)).toHaveLength(badOnes)
      const named = faultsOf(server).flatMap((line) => /(?:nonsense|no-url)-\d+/.exec(line) ?? [])
      expect(new Set(named).size).toBe(named.length)
      const requests = results.reduce((sum, { statuses }) => sum + (statuses.get(200) ?? 0), 0)
      if (every > 0) {
        const sorted = took.toSorted((a, b) => a - b)
        const mb = resident.map((bytes) => Math.round(bytes / 1e6))
        const at = (share: number) => sorted[Math.floor(sorted.length * share)]?.toFixed(1)
        process.stdout.write(
          `${name}: ${reloads} reloads (${badOnes} bad) in ${seconds.toFixed(0)} s, ${requests} requests, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, longest ${sorted.at(-1)?.toFixed(1)} ms, ${descriptors} descriptors, MB resident: ${mb.join(' ')}\n`,
        )
        // Between two collections memory goes up and down: the peaks of the last quarter are those of the second one.
        const peak = (from: number) => Math.max(...resident.slice(from, from + 5))
        expect(peak(15)).toBeLessThan(peak(5) * 1.15)
      }
      expect(await server.stop()).toBe(0)
    }),
  600_000,
)
