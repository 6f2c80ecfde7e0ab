import { expect } from 'bun:test'
import * as jose from 'jose'
import { startTestApp, type TestApp } from '../support/test-app.ts'

/** Tenants with a client for each rule: acme does most, beta has other settings, the others are refused. */
export const acmeYaml = `
log: { probes: true }
tenants:
  acme:
    name: Acme
    issuer: https://auth.acme.example
    oauth2:
      audience: [acme-api]
      access_token_ttl: 10m
      scopes: { read: Reading, write: Writing, admin: Ruling }
    signing: { algorithm: ES256, kid: shared-kid }
    clients:
      svc:
        secret: svc-secret-value
        scopes: [read, write]
        resources: ['https://api.acme.example/v2', 'urn:acme:files']
      picky: { secret: picky-secret-value, scopes: [read, write], default_scopes: [write] }
      silent: { secret: silent-secret-value, scopes: [read], default_scopes: [] }
      bare: { secret: bare-secret-value }
      own: { secret: own-secret-value, audience: [own-api, other-api], access_token_ttl: 90 }
      asleep: { secret: asleep-secret-value, active: false, scopes: [read] }
      idle: { secret: idle-secret-value, grant_types: [] }
      'odd:id, +%&=~': { secret: 'odd:secret +%&=~ é€😀' }
  beta:
    name: Beta
    oauth2: { access_token_typ: at+jwt }
    api_keys: {}
    signing: { algorithm: ES256, kid: shared-kid }
    clients:
      svc: { secret: svc-secret-value }
      beta-only: { secret: beta-secret-value }
  plain:
    name: Without oauth2
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: svc-secret-value }
  closed:
    name: Inactive
    active: false
    oauth2: {}
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: svc-secret-value }
`

export const startAcme = (): Promise<TestApp> => startTestApp(acmeYaml)

export const formType = 'application/x-www-form-urlencoded'
export const tokenPath = '/api/v1/tenant/acme/oauth/token'
export const grant = { grant_type: 'client_credentials' } as const
export const svc = { client_id: 'svc', client_secret: 'svc-secret-value' } as const

/** An Authorization header of client_secret_basic (RFC 6749 section 2.3.1). */
export function basic(id: string, secret: string): string {
  return `Basic ${btoa(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`)}`
}

export type Refusal = [status: number, code: string, description: string]

/** The parts of a refusal, whose body must hold code and description and nothing else. */
export async function refusal(response: Response): Promise<Refusal> {
  expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
  const body = await response.json()
  expect(Object.keys(body)).toEqual(['error', 'error_description'])
  return [response.status, body.error, body.error_description]
}

/** The header and the claims of an answer's access token, as their JSON texts. */
export async function jwtTexts(response: Response): Promise<{ header: string; claims: string }> {
  const { access_token } = await response.json()
  const [header = '', claims = ''] = String(access_token).split('.')
  return { header: decode(header), claims: decode(claims) }
}

function decode(part: string): string {
  return new TextDecoder().decode(jose.base64url.decode(part))
}

/** The {@link stableHeaders} of an answer in JSON that nobody may keep. */
export const jsonHeaders: [string, string][] = [
  ['cache-control', 'no-store'],
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
  ['content-type', 'application/json; charset=utf-8'],
  ['pragma', 'no-cache'],
  ['referrer-policy', 'no-referrer'],
  ['x-content-type-options', 'nosniff'],
]

/** Headers of an answer without the one that differs each time. */
export function stableHeaders(response: Response): [string, string][] {
  return [...response.headers].filter(([name]) => name !== 'x-request-id')
}
