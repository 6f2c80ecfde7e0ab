import { expect } from 'bun:test'
import { type CodeContent, issueCode } from '../../../src/tokens/people/codes.ts'
import { opsYaml } from '../../admin/admin-app.ts'
import { challengeOf } from '../../support/people/flow.ts'
import { startTestApp, type TestApp, type TestAppOptions, testStart } from '../../support/test-app.ts'

const tenant = (name: string) => `
    name: ${name}
    oauth2: { audience: [${name}-api], access_token_ttl: 10m, scopes: { read: R, write: W } }
    oidc: { access_token_claims: [auth_time, amr, groups, plan] }
    signing: { algorithm: ES256 }
    users:
      ada:
        sub: sub-of-ada
        email: ada@example.com
        email_verified: true
        name: Ada Lovelace
        password: correct horse battery staple
        groups: [staff]
        attributes: { plan: gold, locale: en }
      bob: { sub: sub-of-bob, active: false, password: correct horse battery staple }
    clients:
      web:
        secret: web-secret-value
        grant_types: [authorization_code, refresh_token, client_credentials]
        redirect_uris: ['https://app.example/cb', 'https://app.example/other']
        scopes: [read, write]
        resources: ['https://files.example']
      rival:
        secret: rival-secret-value
        grant_types: [authorization_code, refresh_token]
        redirect_uris: ['https://app.example/cb']
        scopes: [read, write]
      brief:
        secret: brief-secret-value
        grant_types: [authorization_code]
        redirect_uris: ['https://app.example/cb']
        scopes: [read]
        access_token_ttl: 20m
      spa:
        token_endpoint_auth_method: none
        grant_types: [authorization_code, refresh_token]
        redirect_uris: ['https://spa.example/cb']
        scopes: [read]
      api: { secret: api-secret-value, introspect: true }`

export const peopleYaml = `${opsYaml}  acme:${tenant('acme')}
  beta:${tenant('beta')}
`

export const redirectUri = 'https://app.example/cb'
export const verifier = 'a-verifier-of-a-test-that-is-long-enough-for-pkce'
export const authTime = testStart / 1000 - 60
export const codeError = [400, 'invalid_grant', 'Authorization code is invalid or expired'] as const
export const refreshError = [400, 'invalid_grant', 'Refresh token is invalid or expired'] as const

export type Form = Readonly<Record<string, string>>
export interface Answer {
  readonly status: number
  // biome-ignore lint/suspicious/noExplicitAny: the JSON of an answer
  readonly body: any
}

/** A server with people, on which codes are issued without a browser. */
export interface PeopleApp extends TestApp {
  issue(content?: Partial<CodeContent>, tenantId?: string): Promise<string>
  /** Posts to the token endpoint of acme as the client `web`; a value of '' leaves the parameter out. */
  ask(form: Form, tenantId?: string): Promise<Answer>
  redeem(code: string, form?: Form, tenantId?: string): Promise<Answer>
  refresh(token: string, form?: Form): Promise<Answer>
  /** The tokens of a new code. */
  login(content?: Partial<CodeContent>, form?: Form): Promise<Answer['body']>
  /** What introspection says to a client that may know everything. */
  introspect(token: string, form?: Form): Promise<Answer['body']>
  postTo(path: string, form: Form): Promise<Answer>
}

export async function startPeopleApp(options?: TestAppOptions, yaml = peopleYaml): Promise<PeopleApp> {
  const app = await startTestApp(yaml, options)
  const postTo = async (path: string, form: Form): Promise<Answer> => {
    const filled = Object.entries(form).filter(([, value]) => value !== '')
    const response = await app.send(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(filled).toString(),
    })
    const text = await response.text()
    return { status: response.status, body: text === '' ? undefined : JSON.parse(text) }
  }
  const issue: PeopleApp['issue'] = async (content = {}, tenantId = 'acme') => {
    const found = await app.deps.tenants.find(tenantId)
    if (!found?.oauth2) throw new Error('The test has no tenant')
    const issued = { ...contentOf(found.issuer), madeAt: app.deps.now(), ...content }
    const client = await app.deps.clients.of(tenantId).find(issued.clientId)
    if (!client) throw new Error('The test has no client')
    return issueCode(issued, { tenant: found, oauth2: found.oauth2, client }, app.deps)
  }
  const ask: PeopleApp['ask'] = (form, tenantId = 'acme') =>
    postTo(`/api/v1/tenant/${tenantId}/oauth/token`, {
      client_id: 'web',
      client_secret: `${form['client_id'] ?? 'web'}-secret-value`,
      ...form,
    })
  const redeem: PeopleApp['redeem'] = (code, form = {}, tenantId) =>
    ask(
      {
        grant_type: 'authorization_code',
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
        ...form,
      },
      tenantId,
    )
  return {
    ...app,
    get log() {
      return app.log
    },
    ...{ postTo, issue, ask, redeem },
    refresh: (refresh_token, form = {}) => ask({ grant_type: 'refresh_token', refresh_token, ...form }),
    login: async (content, form) => {
      const { status, body } = await redeem(await issue(content), form)
      expect({ status, error: body.error_description }).toEqual({ status: 200, error: undefined })
      return body
    },
    introspect: async (token, form = {}) => {
      const who = { client_id: 'api', client_secret: 'api-secret-value' }
      const answer = await postTo('/api/v1/tenant/acme/oauth/introspect', { ...who, token, ...form })
      expect(answer.status).toBe(200)
      return answer.body
    },
  }
}

function contentOf(issuer: string): Omit<CodeContent, 'madeAt'> {
  return {
    ...{ clientId: 'web', sub: 'sub-of-ada', redirectUri, codeChallenge: challengeOf(verifier) },
    ...{ scopes: ['openid', 'profile', 'email', 'read', 'write'], audience: ['acme-api', issuer] },
    ...{ nonce: 'a-nonce', authTime, amr: ['pwd'], acr: null, sid: null, offline: true },
  }
}

/** The parts of a refusal. */
export function refusalOf({ status, body }: Answer): readonly unknown[] {
  expect(Object.keys(body)).toEqual(['error', 'error_description'])
  return [status, body.error, body.error_description]
}
