import { expect } from 'bun:test'
import { isReservedScope } from '../../src/protocol/reserved-scopes.ts'
import { type Credentials, type Sender, svc } from './revocable.ts'
import type { TestApp } from './test-app.ts'

export const manageScope = 'api-keys:manage'

/** An access token that may manage the API keys of its client, with all that the client has besides. */
export async function managerToken(app: TestApp, tenant: string, client: Credentials = svc): Promise<string> {
  const found = await app.deps.clients.of(tenant).find(client.client_id)
  const others = (found?.scopes ?? []).filter((scope) => !isReservedScope(scope))
  return app.token(tenant, { ...client, scope: [manageScope, ...others].join(' ') })
}

export const keysPath = (tenant: string, rest: string) => `/api/v1/tenant/${tenant}/api-keys/${rest}`

/** What of a request to a route of the API keys is given: the path behind `api-keys/`, the caller and a body. */
export interface KeyRequest {
  readonly tenant?: string
  readonly token?: string
  /** Sent as JSON, unless it is a text already. */
  readonly body?: unknown
  readonly headers?: Record<string, string>
}

export function postKey(app: Sender, rest: string, request: KeyRequest): Promise<Response> {
  const { tenant = 'acme', token, body, headers } = request
  const text = typeof body === 'string' || body === undefined ? body : JSON.stringify(body)
  return app.send(keysPath(tenant, rest), {
    method: 'POST',
    headers: {
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...(text !== undefined && { 'Content-Type': 'application/json' }),
      ...headers,
    },
    ...(text !== undefined && { body: text }),
  })
}

export function listKeys(app: Sender, { tenant = 'acme', token }: KeyRequest, query = ''): Promise<Response> {
  return app.send(keysPath(tenant, `list${query}`), {
    ...(token !== undefined && { headers: { Authorization: `Bearer ${token}` } }),
  })
}

export interface MadeKey {
  readonly id: string
  readonly name: string
  readonly api_key: string
  readonly scopes: readonly string[]
  readonly created_at: string
  readonly expires_at: string | null
}

export interface ListedKey extends Omit<MadeKey, 'api_key'> {
  readonly last_used: string | null
  readonly revoked: boolean
  readonly parent?: string
  readonly client_id?: string
}

/** A key that was made, or a failure of the test. */
export async function makeKey(app: Sender, request: KeyRequest): Promise<MadeKey> {
  const response = await postKey(app, 'create', request)
  expect(response.status).toBe(201)
  return response.json()
}

/** The key after it was rotated, or a failure of the test. */
export async function rotateKey(app: Sender, id: string, request: KeyRequest): Promise<MadeKey> {
  const response = await postKey(app, `${id}/rotate`, request)
  expect(response.status).toBe(200)
  return response.json()
}

export async function revokeKey(app: Sender, id: string, request: KeyRequest): Promise<void> {
  const response = await postKey(app, `${id}/revoke`, request)
  expect(await response.json()).toEqual({ success: true, message: 'API key revoked successfully' })
  expect(response.status).toBe(200)
}

export async function listedKeys(app: Sender, request: KeyRequest): Promise<ListedKey[]> {
  const response = await listKeys(app, request)
  expect(response.status).toBe(200)
  return response.json()
}
