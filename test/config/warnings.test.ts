import { expect, test } from 'bun:test'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { renderFault } from '../../src/config/fault.ts'
import { loadConfig } from '../../src/config/load.ts'
import { bunPlatform } from '../../src/platform/bun/bun.ts'
import { parse, secretFrom, warningsOf } from '../support/config-text.ts'

const example = 'is a known example, so anybody can use this client; make one of your own'

test('the shipped config.yaml loads with warnings for its public secrets, its password and a client without PKCE', async () => {
  const path = join(import.meta.dir, '../../config.yaml')
  const { config, warnings, resolve } = await loadConfig(path, bunPlatform())
  const told = warnings.map((warning) => renderFault(warning).replace(/^.*?: tenants\./, ''))
  expect(told).toEqual([
    `test-tenant.clients.your-client-id.secret ${example}`,
    'test-tenant.clients.your-client-id.require_pkce is false: a stolen code is worth more; set it to true where the client can do PKCE',
    'example.users.ada.password is a known example, so anybody can sign in with it; choose one of your own',
    `example.clients.web-app.secret ${example}`,
  ])
  const lines = readFileSync(path, 'utf8').split('\n')
  const line = 1 + lines.findIndex((text) => /^ {8}secret: /.test(text))
  expect(warnings.map(renderFault)[0]).toStartWith(`${path}:${line}:9: `)
  expect(JSON.stringify(config)).not.toMatch(/example-(?:secret|password)/)
  expect(JSON.stringify(config)).not.toContain('your-client-secret')
  expect(resolve(config.data_dir)).toBe(join(import.meta.dir, '../../data'))
  expect(config.tenants['test-tenant']).toMatchObject({
    name: 'Test Tenant',
    issuer: 'https://auth.example.com',
    oauth2: { audience: ['your-api'], access_token_ttl: 3600 },
    signing: { algorithm: 'RS256', kid: 'oauth2-key-1' },
  })
})

test.each([
  'your-client-secret',
  'secret',
  'changeme',
  'password',
  'Secret',
  'CHANGE_ME',
  'xxxxxxxx',
  '"****"',
])('the secret %s is a warning where it stands', async (secret) => {
  expect(await warningsOf(secretFrom(`secret: ${secret}`))).toEqual([
    `config.yaml:6:9: tenants.acme.clients.app.secret ${example}`,
  ])
})
test.each(['own-secret-of-these-tests-1', 'your-client-secret-2'])(
  'the secret %s is no warning',
  async (secret) => {
    expect(await warningsOf(secretFrom(`secret: ${secret}`))).toEqual([])
  },
)

const tenants = 'tenants: { a: { name: A } }'

test.each([
  'http://auth.example.com',
  'http://10.0.0.1:3000',
  'http://localhost.example.com',
  'http://[::2]',
  'http://127.example.com',
])('the public_url %s is a warning, for it is plain http to another machine', async (url) => {
  expect(await warningsOf(`server:\n  public_url: "${url}"\n${tenants}`)).toEqual([
    `config.yaml:2:3: server.public_url is ${url}: secrets and tokens travel in clear; put a proxy with TLS in front or set server.tls, and write https://`,
  ])
})
test.each(['0.0.0.0/0', '::/0', '::ffff:0:0/96', '::ffff:10.0.0.0/8', '2000::/3'])(
  'the trusted proxies %s are a warning: they are everybody',
  async (range) => {
    const text = `server:\n  trusted_proxies: ["10.0.0.1", "${range}"]\n${tenants}`
    expect(await warningsOf(text)).toEqual([
      `config.yaml:2:33: server.trusted_proxies[1] is ${range}: every client can say what its address is, and guess without a limit; name the addresses of your proxies`,
    ])
  },
)

test.each([
  'http://localhost',
  'http://localhost:3000/a',
  'http://127.0.0.1:80',
  'http://127.9.9.9',
  'http://[::1]:3000',
  'https://auth.example.com',
])('the public_url %s is no warning', async (url) => {
  expect(await warningsOf(`server:\n  public_url: "${url}"\n${tenants}`)).toEqual([])
})

test('a file without a tenant is a warning', async () => {
  const message = 'no tenant is configured, so no token can be had'
  expect(await warningsOf('server: {}')).toEqual([`config.yaml:1:1: ${message}`])
  expect(await warningsOf('server: {}\ntenants: {}')).toEqual([`config.yaml:2:1: ${message}`])
})

test('warnings stand in the order of the file', async () => {
  const text = `tenants: { a: { name: A, oauth2: {}, clients: { app: { secret: secret } } } }\nserver: { public_url: http://a.example }`
  const { warnings } = await parse(text)
  expect(warnings.map(({ position }) => position?.line)).toEqual([1, 2])
})

test.each([
  ['port: 9464, metrics: {}', 'metrics.port is 9464, which is server.port too'],
  [
    'host: 0.0.0.0, port: 9464, metrics: { host: 10.0.0.1 }',
    'metrics.port is 9464, which is server.port too',
  ],
  ['port: 4000, metrics: { host: "::", port: 4000 }', 'metrics.port is 4000, which is server.port too'],
])('server: { %s } is a warning: one port cannot serve both', async (server, words) => {
  expect(await warningsOf(`server: { ${server} }\n${tenants}`)).toEqual([
    expect.stringMatching(new RegExp(`^config\\.yaml:1:\\d+: server\\.${words}: .*; choose another port$`)),
  ])
})

test.each([
  'port: 9464',
  'port: 9464, metrics: { enabled: false }',
  'port: 4000, metrics: {}',
  'port: 0, metrics: { port: 0 }',
  'host: 10.0.0.1, port: 9464, metrics: { host: 127.0.0.1 }',
])('server: { %s } is no warning', async (server) => {
  expect(await warningsOf(`server: { ${server} }\n${tenants}`)).toEqual([])
})
