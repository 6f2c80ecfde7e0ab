import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { programs, type RunningServer, run, startServer, writeConfig } from '../support/spawn-server.ts'

const grantd = programs.executable
const secret = 'a-secret-of-this-test'
let server: RunningServer
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-cli-'))
  const client = `{ secret: ${secret}, scopes: [read], resources: [https://api.example.com] }`
  const tenant = `{ name: Acme, oauth2: { scopes: { read: R } }, signing: { algorithm: ES256 }, clients: { app: ${client} } }`
  await writeConfig(folder, `tenants:\n  acme: ${tenant}\n`)
  server = await startServer(grantd, { folder })
})
afterAll(async () => {
  expect(await server.stop()).toBe(0)
  await rm(folder, { recursive: true, force: true })
})

const token = (
  args: readonly string[],
  options: { stdin?: string; url?: string; env?: Record<string, string> } = {},
) =>
  run(grantd, {
    folder,
    args: ['token', '--url', options.url ?? server.url, ...args],
    ...(options.stdin !== undefined && { stdin: options.stdin }),
    env: options.env ?? {},
  })
const forApp = ['--tenant', 'acme', '--client-id', 'app']

test('token prints a token, with the secret from standard input or from the environment', async () => {
  const fromInput = await token(forApp, { stdin: `${secret}\n` })
  expect(fromInput).toMatchObject({ code: 0, err: '' })
  expect(fromInput.out).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
  const fromEnvironment = await token([...forApp, '--json'], { env: { GRANTD_CLIENT_SECRET: secret } })
  expect(Object.keys(JSON.parse(fromEnvironment.out))).toEqual(['access_token'])
})

test('token --decode shows header, claims, times in words and that the signature verifies', async () => {
  const { code, out } = await token(
    [...forApp, '--scope', 'read', '--resource', 'https://api.example.com', '--decode'],
    {
      stdin: secret,
    },
  )
  expect(code).toBe(0)
  expect(out).toContain('  alg  ES256\n')
  expect(out).toContain('  aud        ["https://api.example.com"]\n')
  expect(out).toMatch(/ {2}exp {8}\d+ {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC, in (59 minutes|1 hour)\n/)
  expect(out).toEndWith('Signature\n  verified\n')
})

test.each([
  [
    'an unknown tenant',
    ['--tenant', 'nobody', '--client-id', 'app'],
    "The server has no tenant 'nobody' that issues tokens; look at tenants in its config.yaml",
  ],
  [
    'a wrong client',
    ['--tenant', 'acme', '--client-id', 'other'],
    "The server does not accept client 'other' of tenant 'acme' with this secret",
  ],
  [
    'a scope that is not allowed',
    [...forApp, '--scope', 'write'],
    'The server refused with 400: "The requested scope is not allowed for this client: write"',
  ],
])('token says in one line what is wrong with %s', async (_, args, complaint) => {
  expect(await token(args, { stdin: secret })).toEqual({ code: 1, out: '', err: `grantd: ${complaint}\n` })
})

test('token says in one line that a server is out of reach, or is another', async () => {
  expect(await token(forApp, { stdin: secret, url: 'http://127.0.0.1:1' })).toEqual({
    code: 1,
    out: '',
    err: 'grantd: Cannot reach http://127.0.0.1:1: is grantd running there? Start it, or name another server with --url URL\n',
  })
  const other = Bun.serve({ port: 0, fetch: () => new Response('<html>', { status: 200 }) })
  const { err } = await token(forApp, { stdin: secret, url: `http://localhost:${other.port}` })
  expect(err).toBe(`grantd: http://localhost:${other.port} answered 200 without JSON; is that grantd?\n`)
  await other.stop(true)
})

test.each([
  [['--client-id', 'app'], 'token wants --tenant ID\n'],
  [['--tenant', 'acme'], 'token wants --client ID\n'],
  [forApp, 'token wants the secret in GRANTD_CLIENT_SECRET or on standard input'],
  [[...forApp, '--secret', 'x'], "'--secret'"],
])('token %p is wrong usage: %s', async (args, complaint) => {
  const { code, err } = await token(args)
  expect(code).toBe(2)
  expect(err).toContain(complaint)
})

const decode = (stdin: string, ...args: string[]) => run(grantd, { folder, args: ['decode', ...args], stdin })

test('decode reads a token, checks it with --jwks, and says what is wrong in one line where any one character is changed', async () => {
  const good = (await token(forApp, { stdin: secret })).out.trim()
  server.canary.watch(good)
  const jwks = await (await fetch(`${server.url}/api/v1/tenant/acme/.well-known/jwks.json`)).text()
  await Bun.write(join(folder, 'jwks.json'), jwks)
  const plain = await decode(`${good}\n`)
  expect(plain.code).toBe(0)
  expect(plain.out).toContain('Signature\n  not checked; give the keys with --jwks FILE\n')
  expect(await decode(good, '--jwks', 'jwks.json')).toMatchObject({ code: 0, err: '' })
  const places = Array.from({ length: 25 }, (_, index) => Math.floor((index * good.length) / 25))
  await Promise.all(
    places.map(async (place) => {
      const changed = good.slice(0, place) + (good[place] === 'A' ? 'B' : 'A') + good.slice(place + 1)
      const { code, err } = await decode(changed, '--jwks', 'jwks.json')
      expect([place, code]).toEqual([place, 1])
      expect(err).toMatch(/^grantd: (This is no JWT: |The signature )[^\n]+\n$/)
    }),
  )
})

test.each([
  ['', 'This is no JWT: wanted 3 parts with dots between them, found 1'],
  ['a.b', 'This is no JWT: wanted 3 parts with dots between them, found 2'],
  ['a.b.c.d.e', 'This is no JWT: it has five parts: it is encrypted (JWE), and only its reader can open it'],
  ['e30.e30.%%', 'This is no JWT: its signature is not base64url'],
  ['W10.e30.AA', 'This is no JWT: its header is not a JSON object'],
  ['eyJhbGciOiJub25lIn0.Zm9v.AA', 'This is no JWT: its claims is not a JSON object'],
])('decode of %p tells: %s', async (text, complaint) => {
  expect(await decode(text)).toEqual({ code: 1, out: '', err: `grantd: ${complaint}\n` })
})

test('decode keeps what a terminal would act on escaped', async () => {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const { code, out } = await decode(
    `${encode({ alg: 'none' })}.${encode({ sub: '\x1b[2J\u202eevil', exp: 0 })}.AA`,
  )
  expect(code).toBe(0)
  expect(out).not.toContain('\x1b')
  expect(out).toContain('\\u001b[2J\\u202eevil')
  expect(out).toContain('exp  0  1970-01-01 00:00:00 UTC, ')
})

test('decode takes no token from an argument', async () => {
  const { code, err } = await run(grantd, { folder, args: ['decode', 'a.b.c'] })
  expect(code).toBe(2)
  expect(err).toContain('decode reads the token from standard input')
})

test('healthcheck ends with 0 for a server that is ready and with 1 for none', async () => {
  const healthcheck = (...args: string[]) => run(grantd, { folder, args: ['healthcheck', ...args] })
  expect(await healthcheck('--port', String(server.port))).toEqual({ code: 0, out: 'ok\n', err: '' })
  expect(await healthcheck('--url', server.url)).toMatchObject({ code: 0 })
  const env = { GRANTD_PORT: String(server.port), GRANTD_HOST: '0.0.0.0' }
  expect(await run(grantd, { folder, args: ['healthcheck'], env })).toMatchObject({ code: 0 })
  expect(await healthcheck('--port', '1')).toMatchObject({ code: 1 })
  expect((await healthcheck('--port', 'x')).code).toBe(2)
})

test('openapi prints the document that the server serves', async () => {
  const { code, out } = await run(grantd, { folder, args: ['openapi'] })
  expect(code).toBe(0)
  expect(JSON.parse(out)).toEqual(await (await fetch(`${server.url}/swagger/json`)).json())
})
