import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const [grantd] = programs.executable
const yaml = 'tenants: { acme: { name: A, signing: { algorithm: ES256 } } }\n'
const isLinux = process.platform === 'linux'
const processes = [[[]], [['--workers', '2']]] as const

/** A program of somebody else that listens. */
async function withListener(
  place: { host: string; ipv6Only?: boolean },
  work: (port: number) => Promise<void>,
): Promise<void> {
  const other = createServer()
  await once(other.listen({ port: 0, ...place }), 'listening')
  try {
    await work((other.address() as AddressInfo).port)
  } finally {
    other.close()
  }
}

const places = [
  { taken: { host: '127.0.0.1' }, host: '127.0.0.1', shown: '127.0.0.1' },
  { taken: { host: '0.0.0.0' }, host: '127.0.0.1', shown: '127.0.0.1' },
  { taken: { host: '::1', ipv6Only: true }, host: '::1', shown: '[::1]' },
]

test.if(isLinux).each(places.flatMap((place) => processes.map(([args]) => ({ ...place, args }))))(
  'a port that another program has is told with the next step: %j',
  ({ taken, host, shown, args }) =>
    withFolder(async (folder) => {
      await writeConfig(folder, yaml)
      await withListener(taken, async (port) => {
        const words = ['--host', host, '--port', String(port), ...args]
        expect(await run([grantd], { folder, args: words })).toEqual({
          code: 1,
          out: '',
          err: `grantd: Cannot listen on ${shown}:${port}: the port is in use; stop what uses it, or choose another with --port\n`,
        })
      })
    }),
)

test.each(processes)('a port of the metrics that another program has is told by its setting: %j', (args) =>
  withFolder((folder) =>
    withListener({ host: '127.0.0.1' }, async (port) => {
      await writeConfig(folder, `server: { port: 0, metrics: { enabled: true, port: ${port} } }\n${yaml}`)
      const { code, err } = await run([grantd], { folder, args })
      expect(code).toBe(1)
      expect(err).toBe(
        `grantd: Cannot listen on 127.0.0.1:${port}: the port is in use; stop what uses it, or choose another with server.metrics.port\n`,
      )
    }),
  ),
)

test.each(processes)('a host that is no name of this machine is told: %j', (args) =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const { code, err } = await run([grantd], {
      folder,
      args: ['--host', 'nowhere.invalid', '--port', '0', ...args],
    })
    expect(code).toBe(1)
    expect(err).toBe(
      'grantd: Cannot listen on nowhere.invalid:0: nowhere.invalid is no name of this machine; choose another address with --host\n',
    )
  }),
)

const closed = ['<&-', '2>&-', '<&- 2>&-']
test.if(isLinux).each(closed.flatMap((streams) => processes.map(([args]) => [streams, args] as const)))(
  'a server whose shell closed %s works, with %j, and no file takes the place of a stream',
  (streams, args) =>
    withFolder(async (folder) => {
      await writeConfig(folder, yaml)
      const server = await startServer(['sh', '-c', `exec "$0" "$@" ${streams}`, grantd, 'serve'], {
        folder,
        args,
      })
      const answer = await fetch(`${server.url}/api/v1/tenant/acme/.well-known/jwks.json`)
      expect(answer.status).toBe(200)
      expect(await server.stop()).toBe(0)
      const again = await startServer([grantd], { folder, args })
      expect(await again.stop()).toBe(0)
    }),
)

test.if(isLinux).each(processes)('an empty environment and 64 descriptors are enough: %j', (args) =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const bare = ['sh', '-c', 'ulimit -n 64 && exec env -i "$0" "$@"', grantd, 'serve', '--port', '0']
    const server = await startServer(bare, { folder, args })
    expect((await fetch(`${server.url}/health/ready`)).status).toBe(200)
    expect(await server.stop()).toBe(0)
  }),
)
