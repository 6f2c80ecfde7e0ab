import { expect } from 'bun:test'
import { adminApi } from '../../src/admin-app.ts'
import { createApp } from '../../src/app.ts'
import { ClientRegistry } from '../../src/clients/client-registry.ts'
import type { Storage } from '../../src/storage/storage.ts'
import { TenantRegistry } from '../../src/tenants/tenant-registry.ts'
import { builtClients } from '../support/built-clients.ts'
import { startTestApp, type TestApp, type TestAppOptions } from '../support/test-app.ts'

/** The begin of a configuration whose tenant `ops` manages all; further tenants come after it. */
export const opsYaml = `
admin: { tenant: ops }
tenants:
  ops:
    name: Operations
    signing: { algorithm: ES256 }
    oauth2: { audience: [ops-api] }
    clients:
      root: { secret: root-secret-value, scopes: [grantd:admin] }
`

/** `ops` manages all, `acme` and `other` themselves. */
export const adminConfig = `${opsYaml}  acme:
    name: Acme
    signing: { algorithm: ES256 }
    oauth2:
      audience: [acme-api]
      access_token_ttl: 900
      scopes: { api:read: Read access, api:write: Write access }
    api_keys: { allowed_scopes: [api:read] }
    clients:
      manager: { secret: manager-secret-value, scopes: [grantd:admin, api-keys:manage, api:read] }
      plain: { secret: plain-secret-value, scopes: [api:read], name: Plain client }
      idle: { secret: idle-secret-value, scopes: [grantd:admin], active: false }
      rotating:
        secrets:
          - { id: old, hash: "sha256:${'a'.repeat(64)}", expires_at: 2029-01-01T00:00:00Z }
          - { id: new, hash: "sha256:${'b'.repeat(64)}" }
  other:
    name: Other
    signing: { algorithm: ES256 }
    oauth2: { audience: [other-api], scopes: { api:read: Read } }
    clients:
      manager: { secret: other-secret-value, scopes: [grantd:admin] }
`

export type Who = 'root' | 'manager' | 'other'

const tenantOf = { root: 'ops', manager: 'acme', other: 'other' } as const
const clientOf = { root: 'root', manager: 'manager', other: 'manager' } as const

export interface CallOptions {
  /** Default: root. */
  readonly as?: Who
  /** In place of the token of `as`; empty: none. */
  readonly token?: string
  /** Sent as JSON. */
  readonly body?: unknown
  readonly ifMatch?: string
  readonly headers?: Record<string, string>
}

export interface AdminAnswer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the tests look at all kinds of answers.
  readonly body: any
  readonly etag: string | null
  readonly headers: Headers
}

export interface AdminApp extends TestApp {
  /** Calls a path below /api/v1/admin. */
  call(method: string, path: string, options?: CallOptions): Promise<AdminAnswer>
  tokenOf(who: Who): Promise<string>
}

export async function startAdminApp(
  options: TestAppOptions = {},
  config: string = adminConfig,
): Promise<AdminApp> {
  const app = await startTestApp(config, options)
  const tokens = new Map<Who, { token: string; until: number }>()
  const tokenOf = async (who: Who) => {
    const known = tokens.get(who)
    if (known && app.deps.now() < known.until) return known.token
    const token = await app.token(tenantOf[who], {
      client_id: clientOf[who],
      client_secret: `${who}-secret-value`,
      scope: 'grantd:admin',
    })
    tokens.set(who, { token, until: app.deps.now() + 600_000 })
    return token
  }
  const call = callerOf(app, tokenOf)
  return {
    ...app,
    get log() {
      return app.log
    },
    call,
    tokenOf,
  }
}

function callerOf({ send }: Pick<TestApp, 'send'>, tokenOf: AdminApp['tokenOf']): AdminApp['call'] {
  return async (method, path, { as = 'root', token, body, ifMatch, headers } = {}) => {
    const bearer = token ?? (await tokenOf(as))
    const response = await send(`/api/v1/admin${path}`, {
      method,
      headers: {
        ...(bearer !== '' && { Authorization: `Bearer ${bearer}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
        ...(ifMatch !== undefined && { 'If-Match': ifMatch }),
        ...headers,
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      body: text === '' ? undefined : JSON.parse(text),
      etag: response.headers.get('etag'),
      headers: response.headers,
    }
  }
}

/** Another server of the same configuration and keys, on a storage of its own connection. */
export function twinOf({ deps, tokenOf }: AdminApp, storage: Storage): Pick<AdminApp, 'call' | 'send'> {
  const { hashing, publicUrl, tenants, clients } = deps
  const handle = createApp(
    {
      ...deps,
      storage,
      tenants: new TenantRegistry(tenants.configured, { storage, publicUrl }),
      clients: new ClientRegistry((id) => builtClients(clients.of(id).configured), { hashing, storage }),
    },
    adminApi,
  )
  const send: AdminApp['send'] = async (path, init) => handle(new Request(new URL(path, publicUrl), init))
  return { send, call: callerOf({ send }, tokenOf) }
}

/** The answer is a refusal of this code and sentence. */
export function expectRefusal(answer: AdminAnswer, status: number, error: string, description: string): void {
  expect([answer.status, answer.body]).toEqual([status, { error, error_description: description }])
}
