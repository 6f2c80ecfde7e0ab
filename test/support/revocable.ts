import { expect } from 'bun:test'
import { join } from 'node:path'
import { adminApi } from '../../src/admin-app.ts'
import { createApp } from '../../src/app.ts'
import type { Client } from '../../src/clients/client.ts'
import { ClientRegistry } from '../../src/clients/client-registry.ts'
import type { Deps } from '../../src/deps.ts'
import type { ApiKeySettings, Tenant } from '../../src/tenants/tenant.ts'
import { TenantRegistry } from '../../src/tenants/tenant-registry.ts'
import { builtClients } from './built-clients.ts'
import { ecPair, pkcs8, putKeyFile } from './signing.ts'
import { startTestApp, type TestApp, type TestAppOptions } from './test-app.ts'

/** A key for each of the two, made once for all tests: making them is what takes most of the time. */
const keys = { acme: pkcs8(ecPair().privateKey), beta: pkcs8(ecPair().privateKey) }

/** Two tenants that share their kid, their audience, and the ids and secrets of their clients. */
const twin = (name: string) => `
    name: ${name}
    oauth2: { audience: [shared-api], access_token_ttl: 10m, scopes: { read: R, write: W, rule: U } }
    api_keys: { allowed_scopes: [read, write, api-keys:manage], rotation_overlap: 1h }
    signing: { algorithm: ES256, kid: shared-kid, private_key_file: ${name}.pem }
    clients:
      svc: { secret: svc-secret-value, scopes: [read, write, rule, api-keys:manage] }
      reader: { secret: reader-secret-value, scopes: [read, api-keys:manage] }
      other: { secret: other-secret-value, scopes: [read] }
      warden: { secret: warden-secret-value, scopes: ["api-keys:manage:all"] }
      chief: { secret: chief-secret-value, scopes: [read, api-keys:manage, "api-keys:manage:all"] }
      api: { secret: api-secret-value, introspect: true }
      asleep: { secret: asleep-secret-value, active: false, introspect: true, scopes: [read] }`

/** `acme` and its twin `beta`; `keyless` has no API keys, `plain` no oauth2, `closed` is inactive. */
const revocableYaml = `
tenants:
  acme:${twin('acme')}
  beta:${twin('beta')}
  keyless:
    name: Without API keys
    oauth2: { audience: [shared-api], scopes: { read: R } }
    api_keys: { enabled: false, allowed_scopes: [read] }
    signing: { algorithm: ES256, kid: shared-kid }
    clients:
      svc: { secret: svc-secret-value, scopes: [read, api-keys:manage] }
  plain:
    name: Without oauth2
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: svc-secret-value }
  closed:
    name: Inactive
    active: false
    oauth2: {}
    api_keys: {}
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: svc-secret-value }
`

export async function startRevocable(options?: TestAppOptions): Promise<TestApp> {
  const app = await startTestApp(revocableYaml, options)
  // Keys are opened at the first need.
  for (const [tenant, pem] of Object.entries(keys)) await putKeyFile(join(app.folder, `${tenant}.pem`), pem)
  return app
}

export interface Credentials {
  readonly [parameter: string]: string
  readonly client_id: string
  readonly client_secret: string
}

const credentials = (client_id: string): Credentials => ({
  client_id,
  client_secret: `${client_id}-secret-value`,
})
export const svc = credentials('svc')
export const reader = credentials('reader')
export const other = credentials('other')
export const warden = credentials('warden')
export const chief = credentials('chief')
export const api = credentials('api')
export const asleep = credentials('asleep')

/** A server that requests can be sent to. */
export type Sender = Pick<TestApp, 'send'>

type Form = Readonly<Record<string, string>> | string

export function postForm(
  app: Sender,
  path: string,
  { form, headers }: { form: Form; headers?: Record<string, string> },
): Promise<Response> {
  return app.send(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  })
}

export const oauthPath = (tenant: string, name: 'introspect' | 'revoke' | 'token') =>
  `/api/v1/tenant/${tenant}/oauth/${name}`

export const introspect = (app: Sender, tenant: string, form: Form) =>
  postForm(app, oauthPath(tenant, 'introspect'), { form })

export const revoke = (app: Sender, tenant: string, form: Form) =>
  postForm(app, oauthPath(tenant, 'revoke'), { form })

/** What introspection says of a token to a client that may know everything: its body, byte for byte. */
export async function judgementOf(app: Sender, tenant: string, token: string): Promise<string> {
  const response = await introspect(app, tenant, { ...api, token })
  expect(response.status).toBe(200)
  return response.text()
}

export const inactive = '{"active":false}'

export async function isActive(app: Sender, tenant: string, token: string): Promise<boolean> {
  const body = await judgementOf(app, tenant, token)
  if (body !== inactive) expect(JSON.parse(body)).toMatchObject({ active: true })
  return body !== inactive
}

/** The same server, of the same storage and keys, with another configuration of its clients or its tenants. */
export interface Changes {
  readonly client?: (client: Client) => Client | undefined
  readonly tenant?: (tenant: Tenant) => Tenant | undefined
}

export function changed({ deps }: TestApp, { client, tenant }: Changes): Sender {
  const { hashing, storage, publicUrl } = deps
  const tenants = deps.tenants.configured
  const findClients = (id: string) => {
    const all = deps.clients.of(id).configured
    return builtClients(client ? all.flatMap((each) => client(each) ?? []) : all)
  }
  const next: Deps = {
    ...deps,
    clients: new ClientRegistry(findClients, { hashing, storage }),
    tenants: new TenantRegistry(
      tenants.flatMap((each) => (tenant ? (tenant(each) ?? []) : each)),
      { storage, publicUrl },
    ),
  }
  const handle = createApp(next, deps.settings.admin && adminApi)
  return { send: async (path, init) => handle(new Request(new URL(path, 'http://localhost:3000'), init)) }
}

/** Settings of a tenant's API keys; those left out are the defaults. */
export function apiKeySettings(settings: Partial<ApiKeySettings>): ApiKeySettings {
  return {
    allowed_scopes: [],
    max_ttl: null,
    rotation_overlap: 0,
    default_ttl: null,
    max_per_client: 1000,
    ...settings,
  }
}

/** A change of the client `id` alone. */
export const withClient =
  (id: string, change: Partial<Client>) =>
  (client: Client): Client =>
    client.id === id ? { ...client, ...change } : client

/** A change of the tenant `id` alone. */
export const withTenant =
  (id: string, change: Partial<Tenant>) =>
  (tenant: Tenant): Tenant =>
    tenant.id === id ? { ...tenant, ...change } : tenant
