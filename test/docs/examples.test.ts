import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  denoProgram,
  programs,
  type RunningServer,
  run,
  startServer,
  writeConfig,
} from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'
import { root } from './document.ts'

const secret = 'a-secret-of-the-examples'
const examples = join(root, 'examples')
let folder: string
let server: RunningServer
let environment: Record<string, string>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-examples-'))
  const client = (more: string) => `{ secret: ${secret}, scopes: [api:read, api:write]${more} }`
  const clients = `{ my-service: ${client(', default_scopes: [api:read]')}, elsewhere: ${client(', audience: [other-api]')} }`
  const oauth2 = '{ audience: [my-api], scopes: { api:read: R, api:write: W } }'
  await writeConfig(folder, `tenants:\n  main: { name: Main, oauth2: ${oauth2}, clients: ${clients} }\n`)
  server = await startServer(programs.executable, { folder })
  environment = {
    GRANTD_ISSUER_URL: `${server.url}/api/v1/tenant/main`,
    GRANTD_CLIENT_SECRET: secret,
    NO_COLOR: '1',
  }
})
afterAll(async () => {
  expect(await server.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

test.each([
  ['Node', ['node', 'client-node.mjs']],
  ['Bun', [process.execPath, 'client-bun.ts']],
  ['Deno', [denoProgram, 'run', '--no-config', '--allow-env', '--allow-net', 'client-deno.ts']],
])('the client for %s calls an API twice with one token', async (_, program) => {
  const requests = () => server.output().split('/oauth/token"').length
  const before = requests()
  const { code, out, err } = await run(withPath(program), { folder, env: environment })
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out.match(/^200 \{"message":"The access token is valid","tenant_id":"main"/gm)).toHaveLength(2)
  // A line of the log waits a moment for others, and comes before that of a later request.
  const marks = () => server.output().split('"route":"/",').length
  const marked = marks()
  await fetch(`${server.url}/`)
  await waitFor('its line is there', () => marks() > marked)
  expect(requests() - before).toBe(1)
})

test('a client says why it gets no token', async () => {
  const env = { ...environment, GRANTD_CLIENT_SECRET: 'wrong' }
  const { code, err } = await run(withPath(['node', 'client-node.mjs']), { folder, env })
  expect(code).toBe(1)
  expect(err).toContain('no token: 401 invalid_client: Client authentication failed')
})

test('the Elysia API takes a good token with the scope, and refuses what is not one', async () => {
  const child = Bun.spawn([process.execPath, join(examples, 'api-elysia.ts')], {
    env: { PATH: process.env['PATH'], ...environment, PORT: '0' },
    stdout: 'pipe',
  })
  try {
    const { value } = await child.stdout.getReader().read()
    const url = /http:\/\/\S+/.exec(new TextDecoder().decode(value))?.[0] ?? ''
    const read = await getToken('my-service')
    const statusOf = async (token: string | undefined, method = 'GET') => {
      const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` }
      return (await fetch(`${url}/orders`, { method, headers })).status
    }
    expect(await statusOf(read)).toBe(200)
    expect(await statusOf(read, 'POST')).toBe(403)
    expect(await statusOf(await getToken('my-service', 'api:write'), 'POST')).toBe(200)
    expect(await statusOf(undefined)).toBe(401)
    expect(await statusOf(await getToken('elsewhere'))).toBe(401)
    expect(await statusOf(`${read.slice(0, -8)}AAAAAAAA`)).toBe(401)
  } finally {
    child.kill()
    await child.exited
  }
})

/** A program with the example that is its last word as a whole path. */
function withPath(program: readonly string[]): readonly string[] {
  return [...program.slice(0, -1), join(examples, program.at(-1) ?? '')]
}

async function getToken(client: string, scope?: string): Promise<string> {
  const args = ['token', '--url', server.url, '--tenant', 'main', '--client-id', client]
  const { out } = await run(programs.executable, {
    folder,
    args: scope === undefined ? args : [...args, '--scope', scope],
    stdin: secret,
  })
  return out.trim()
}
