import { afterAll, beforeAll, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expectLogDocumented } from '../../support/documented.ts'
import { type Served, startServed } from '../../support/served.ts'
import { waitFor } from '../../support/wait-for.ts'

/** A reload of one process, as a client sees it: what it changes is right at the next request, and nothing else changes. */

const secret = 'a-secret-of-the-service-for-reloads'
const other = 'another-secret-of-the-service-here'

interface Shape {
  readonly storage?: string
  readonly server?: string
  readonly ttl?: string
  readonly maxAge?: string
  readonly acme?: string
  readonly clients?: string
  readonly more?: string
}

const svc = `svc: { secret: ${secret}, scopes: [read], introspect: true }`

function render({ storage = 'memory', server = '', ttl = '1h', maxAge = '5m', ...rest }: Shape = {}): string {
  const { acme = '', clients = svc, more = '' } = rest
  return `
storage: ${storage}
server: { metrics: { enabled: true, port: 0 } ${server} }
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { read: Read, write: Write }, access_token_ttl: ${ttl}, reuse_window: 30s }
    signing: { algorithm: ES256, jwks_max_age: ${maxAge} }
    ${acme}
    clients: { ${clients} }
  ${more}
`
}

let folder: string
let server: Served

async function write(text: string, name = 'config.yaml'): Promise<void> {
  await writeFile(join(folder, name), text)
  await chmod(join(folder, name), 0o600)
}

async function reload(shape: Shape): Promise<void> {
  await write(render(shape))
  expect(await server.ask({ command: 'reload' })).toMatchObject({ reload: { isTaken: true } })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-swap-'))
  await write(render())
  server = await startServed(folder)
})

afterAll(async () => {
  await server.stop()
  expectLogDocumented(server.log())
  // A server that keeps nothing leaves nothing.
  expect(existsSync(join(folder, 'data'))).toBe(false)
  await rm(folder, { recursive: true })
})

function askToken(clientSecret: string, tenant = 'acme'): Promise<Response> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'svc',
    client_secret: clientSecret,
  })
  return fetch(`${server.url}/api/v1/tenant/${tenant}/oauth/token`, { method: 'POST', body })
}

async function getToken(): Promise<string> {
  return (await (await askToken(secret)).json()).access_token
}

async function statusOf(token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` }
  return (await fetch(`${server.url}/api/v1/protected-resource`, { headers })).status
}

function getJwks(tenant = 'acme'): Promise<Response> {
  return fetch(`${server.url}/api/v1/tenant/${tenant}/.well-known/jwks.json`)
}

test('a secret that changed is wrong at once, and the new one is right', async () => {
  await reload({})
  expect((await askToken(secret)).status).toBe(200)
  await reload({ clients: `svc: { secret: ${other}, scopes: [read] }` })
  expect((await askToken(secret)).status).toBe(401)
  expect((await askToken(other)).status).toBe(200)
})

test('tokens of a client that is gone, disabled or without the audience are refused at once, and count again when it is back', async () => {
  await reload({})
  const token = await getToken()
  expect(await statusOf(token)).toBe(200)
  for (const clients of ['', `svc: { secret: ${secret}, scopes: [read], active: false }`]) {
    await reload({ clients })
    expect(await statusOf(token)).toBe(401)
  }
  await reload({})
  expect(await statusOf(token)).toBe(200)
})

test('a tenant that is gone is unknown at once: its tokens, its JWK Set from the response cache and its endpoints', async () => {
  const more = `beta:\n    name: Beta\n    oauth2: { audience: [b], scopes: { read: R } }\n    signing: { algorithm: ES256 }\n    clients: { ${svc} }`
  await reload({ more })
  const { access_token: token } = await (await askToken(secret, 'beta')).json()
  expect(await statusOf(token)).toBe(200)
  for (const _ of [1, 2]) expect((await getJwks('beta')).status).toBe(200)
  await reload({})
  expect(await statusOf(token)).toBe(401)
  expect((await getJwks('beta')).status).toBe(404)
  expect((await askToken(secret, 'beta')).status).toBe(404)
  await reload({ more })
  expect(await statusOf(token)).toBe(200)
})

test('a shorter lifetime holds for the next token, also where identical requests share one', async () => {
  await reload({ ttl: '1h' })
  expect(await (await askToken(secret)).json()).toMatchObject({ expires_in: 3600 })
  await reload({ ttl: '5m' })
  expect(await (await askToken(secret)).json()).toMatchObject({ expires_in: 300 })
})

test('jwks_max_age is the new one at once, with the same keys', async () => {
  await reload({ maxAge: '5m' })
  const before = await getJwks()
  expect(before.headers.get('cache-control')).toContain('max-age=300')
  await reload({ maxAge: '10m' })
  const after = await getJwks()
  expect(after.headers.get('cache-control')).toContain('max-age=600')
  expect(await after.json()).toEqual(await before.json())
})

test('a key file that was replaced signs from the reload on, and a broken one fails the reload', async () => {
  const makeKey = async (name: string) => {
    const { privateKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
    ])
    const der = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey))
    await write(`-----BEGIN PRIVATE KEY-----\n${der.toBase64()}\n-----END PRIVATE KEY-----\n`, name)
  }
  await makeKey('beta.pem')
  const more = `beta:\n    name: Beta\n    oauth2: {}\n    signing: { algorithm: ES256, private_key_file: beta.pem }`
  await reload({ more })
  const kidOf = async () => (await (await getJwks('beta')).json()).keys[0].kid
  const first = await kidOf()
  await makeKey('beta.pem')
  expect(await kidOf()).toBe(first)
  await reload({ more })
  const second = await kidOf()
  expect(second).not.toBe(first)
  await write('no key', 'beta.pem')
  const refused = await server.ask({ command: 'reload' })
  expect(refused).toMatchObject({ reload: { isTaken: false } })
  expect(JSON.stringify(refused)).toContain('tenants.beta.signing.private_key_file names the file beta.pem: ')
  expect(await kidOf()).toBe(second)
})

test('a bad file leaves the old one in force; log, readiness and metrics say so until a good one comes', async () => {
  const url = String(server.log().find(({ message }) => message === 'metrics are served')?.['url'])
  const metrics = async () => (await fetch(url)).text()
  const ready = async () => (await fetch(`${server.url}/health/ready`)).json()
  await reload({})
  const failures = () => server.log().filter(({ message }) => String(message).startsWith('the reload failed'))
  const before = failures().length
  await write(render({ acme: 'nonsense: 1' }))
  server.hup()
  await waitFor('it is refused', () => failures().length > before)
  expect(failures().at(-1)).toMatchObject({
    level: 'error',
    by: 'SIGHUP',
    fault: expect.stringMatching(/config\.yaml:9:5: tenants\.acme\.nonsense is not a known key/),
  })
  expect(await ready()).toMatchObject({ status: 'healthy', configuration: 'rejected' })
  expect(await metrics()).toContain('grantd_config_rejected 1\n')
  expect((await askToken(secret)).status).toBe(200)
  await reload({})
  expect(failures()).toHaveLength(before + 1)
  expect(await ready()).not.toHaveProperty('configuration')
  expect(await metrics()).toContain('grantd_config_rejected 0\n')
})

test('what is in memory stays: a revoked token is revoked after a reload', async () => {
  await reload({})
  const token = await getToken()
  const body = new URLSearchParams({ token, client_id: 'svc', client_secret: secret })
  await fetch(`${server.url}/api/v1/tenant/acme/oauth/revoke`, { method: 'POST', body })
  expect(await statusOf(token)).toBe(401)
  await reload({ ttl: '2h' })
  expect(await statusOf(token)).toBe(401)
})

test('limits are the new ones at once, without the counts being lost', async () => {
  const guess = async () => (await askToken('wrong')).status
  const limits = (most: number) =>
    `limits: { failures_per_client_and_address: ${most}, failures_per_person: 3 }\n`
  await write(limits(3) + render())
  expect(await server.ask({ command: 'reload' })).toMatchObject({ reload: { isTaken: true, fixed: [] } })
  expect([await guess(), await guess()]).toEqual([401, 401])
  await write(limits(1) + render())
  await server.ask({ command: 'reload' })
  // The two that were counted are above the new limit, and a client that never succeeded from its address would wait as well.
  expect(await guess()).toBe(429)
  await write(`limits: { enabled: false }\n${render()}`)
  await server.ask({ command: 'reload' })
  expect(await guess()).toBe(401)
  await reload({})
})

test('settings that cannot change are named, and the rest of the file counts', async () => {
  // --port stands in for server.port, so it does not matter.
  await write(
    render({ storage: 'sqlite', server: ', host: 127.0.0.2, port: 4711, idle_timeout: 20s', ttl: '7m' }),
  )
  expect(await server.ask({ command: 'reload' })).toMatchObject({
    reload: { isTaken: true, fixed: ['server.host', 'server.idle_timeout', 'storage'] },
  })
  expect(await (await askToken(secret)).json()).toMatchObject({ expires_in: 420 })
})

test('server.watch takes a file that changed, also an included one, once it is quiet; SIGHUP before it is enough', async () => {
  await write(`tenants: { gamma: { name: G, oauth2: {}, signing: { algorithm: ES256 } } }\n`, 'gamma.yaml')
  const text = render({ server: ', watch: true' })
  await reload({ server: ', watch: true' })
  await write(`include: [gamma.yaml]${text}`)
  await waitFor('the included tenant is there', async () => (await getJwks('gamma')).status === 200)
  const reloads = () =>
    server.log().filter(({ message, by }) => message === 'reloaded' && by === 'server.watch')
  expect(reloads()).toHaveLength(1)
  await write(`tenants: { gamma: { nam: G } }\n`, 'gamma.yaml')
  const isRefused = ({ fault }: Record<string, unknown>) => String(fault).includes('gamma.yaml:1:')
  await waitFor('it is refused', () => server.log().some(isRefused))
  expect((await getJwks('gamma')).status).toBe(200)
  await reload({})
  expect((await getJwks('gamma')).status).toBe(404)
  expect(server.log().filter(isRefused)).toHaveLength(1)
})

test('a request in flight ends in the configuration in which it began', async () => {
  await reload({})
  const form = `grant_type=client_credentials&client_id=svc&client_secret=${secret}`
  let rest = () => {}
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(form.slice(0, 20)))
      rest = () => {
        controller.enqueue(new TextEncoder().encode(form.slice(20)))
        controller.close()
      }
    },
  })
  const answer = fetch(`${server.url}/api/v1/tenant/acme/oauth/token`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  })
  await waitFor('the server has other requests done', async () => (await askToken(secret)).status === 200)
  await reload({ clients: '' })
  expect((await askToken(secret)).status).toBe(401)
  rest()
  expect((await answer).status).toBe(200)
})

test('a reload that is asked for while one runs begins after it, and those who wait share it', async () => {
  await write(render())
  const done = () => server.log().filter(({ message }) => message === 'reloaded').length
  const before = done()
  const answers = await Promise.all(Array.from({ length: 20 }, () => server.ask({ command: 'reload' })))
  expect(answers.every((answer) => 'reload' in answer && answer.reload.isTaken)).toBe(true)
  expect(done() - before).toBeLessThan(10)
})

test('a configuration that is gone is told by its path, and nothing takes its place until it is back', async () => {
  await reload({})
  const token = await getToken()
  await rm(join(folder, 'config.yaml'))
  expect(await server.ask({ command: 'reload' })).toMatchObject({
    reload: { isTaken: false, faults: [expect.stringMatching(/config\.yaml.*there is no such file/)] },
  })
  expect(await statusOf(token)).toBe(200)
  await reload({})
  expect(await statusOf(token)).toBe(200)
})
