import { expect, test } from 'bun:test'
import { connect } from 'node:net'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const grantd = programs.executable
const yaml =
  'server: { host: 127.0.0.1, port: 0 }\ntenants:\n  acme: { name: Acme, signing: { algorithm: ES256 } }\n'

/** What a container has in its environment beside a Service of this name, with one named port. */
function serviceLinks(name: string, address = '10.96.12.34'): Record<string, string> {
  return {
    [`${name}_SERVICE_HOST`]: address,
    [`${name}_SERVICE_PORT`]: '3000',
    [`${name}_SERVICE_PORT_HTTP`]: '3000',
    [`${name}_PORT`]: `tcp://${address}:3000`,
    [`${name}_PORT_3000_TCP`]: `tcp://${address}:3000`,
    [`${name}_PORT_3000_TCP_PROTO`]: 'tcp',
    [`${name}_PORT_3000_TCP_PORT`]: '3000',
    [`${name}_PORT_3000_TCP_ADDR`]: address,
  }
}

const linesOf = (output: string, part: string) => output.split('\n').filter((line) => line.includes(part))

test.each([
  ['one process', []],
  ['two workers', ['--workers', '2']],
])('beside a Service named grantd %s starts on the port of config.yaml and says so once', async (_, args) => {
  await withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const env = {
      ...serviceLinks('GRANTD'),
      ...serviceLinks('GRANTD_CONFIG'),
      ...serviceLinks('GRANTD_HOST'),
    }
    const server = await startServer(grantd, { folder, args, env })
    expect(await server.stop()).toBe(0)
    const [line, ...more] = linesOf(server.output(), 'is the address of a Service')
    expect(more).toEqual([])
    expect(JSON.parse(line ?? '')).toMatchObject({
      level: 'warn',
      variable: 'GRANTD_PORT',
      value: 'tcp://10.96.12.34:3000',
    })
  })
})

test.each(['udp://10.96.12.34:53', 'sctp://10.96.12.34:9', 'tcp://[fd00::1]:3000'])(
  'the link %s is ignored as well, and --port goes on to win',
  async (link) => {
    await withFolder(async (folder) => {
      await writeConfig(folder, yaml)
      const server = await startServer(grantd, { folder, args: ['--port', '0'], env: { GRANTD_PORT: link } })
      expect(await server.stop()).toBe(0)
    })
  },
)

test.each(['tcp://10.96.12.34', 'http://10.96.12.34:3000', '3000/tcp'])(
  'GRANTD_PORT=%s is no Service link and is refused',
  async (text) => {
    await withFolder(async (folder) => {
      const { code, err } = await run(grantd, { folder, env: { GRANTD_PORT: text } })
      expect(code).toBe(2)
      expect(err).toContain(`The port is '${text}', wanted a whole number`)
    })
  },
)

test('healthcheck and commands that know the issuer by the port take a Service link for none', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const server = await startServer(grantd, { folder })
    await writeConfig(folder, yaml.replace('port: 0', `port: ${server.port}`))
    const env = serviceLinks('GRANTD')
    expect(await run(grantd, { folder, args: ['healthcheck'], env })).toEqual({
      code: 0,
      out: 'ok\n',
      err: '',
    })
    const shown = await run(grantd, { folder, args: ['tenant', 'show', '--tenant', 'acme'], env })
    expect(shown.out).toContain(`issuer: http://localhost:${server.port}/api/v1/tenant/acme`)
    expect(await server.stop()).toBe(0)
  }))

test('options of the runtime are in the log', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const server = await startServer(grantd, { folder, env: { BUN_OPTIONS: '--smol' } })
    expect(await server.stop()).toBe(0)
    const lines = linesOf(server.output(), 'changes the runtime').map((line) => JSON.parse(line).variable)
    expect(lines).toEqual(['BUN_OPTIONS'])
  }))

test('a server does not start beside a debugger that the environment opens', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const { code, out, err } = await run(grantd, {
      folder,
      env: { BUN_INSPECT: 'ws://127.0.0.1:0/debugger' },
    })
    expect(code).toBe(1)
    expect(out).toBe('')
    expect(err).toContain(
      'Cannot serve with a debugger, which reads all keys: the environment sets BUN_INSPECT; unset it',
    )
  }))

test('the port of the server comes from no variable of another program', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const env = { PORT: '1', BUN_PORT: '1', NODE_PORT: '1', HOST: '203.0.113.1', NODE_ENV: 'production' }
    const server = await startServer(grantd, { folder, env })
    const isThere = await new Promise((resolve) =>
      connect(server.port, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false)),
    )
    expect(isThere).toBe(true)
    expect(await server.stop()).toBe(0)
  }))
