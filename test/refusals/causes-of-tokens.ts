import { type ClientKeyPair, signAssertion, withAssertion } from '../support/assertions.ts'
import { postAs, sendRefresh, tenantPath } from '../support/people/flow.ts'
import { testStart } from '../support/test-app.ts'
import { asRoot, basicOf, random, svc, type World, web } from './causes-kit.ts'

/** A refusal, and what `grantd explain` has to say of it. */
export interface Cause {
  readonly name: string
  /** Sends the request that is refused, with the id of the world, and returns its answer. */
  readonly act: (world: World) => Promise<Response | { readonly status: number; readonly body: string }>
  readonly check: string
  readonly saw: RegExp
  readonly wanted: RegExp
}

const grant = { grant_type: 'client_credentials' }
const audience = 'http://localhost:3000/api/v1/tenant/acme'

/** The form with an assertion of `signs`, but for what is changed. */
async function signed(key: ClientKeyPair, claims: Readonly<Record<string, unknown>> = {}, header = {}) {
  return {
    ...grant,
    ...withAssertion(await signAssertion({ clientId: 'signs', audience, key, claims, header })),
  }
}

async function codeForm(world: World, changes: Readonly<Record<string, string>> = {}) {
  const { code, verifier } = await world.code()
  const { redirectUri } = web
  return {
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    ...changes,
  }
}

const webBasic = basicOf('web', 'web-secret-value')
const second = testStart / 1000

/** Refusals of a token request. */
export const tokenCauses = (key: ClientKeyPair, foreign: ClientKeyPair): readonly Cause[] => [
  {
    name: 'no grant_type',
    act: ({ ask }) => ask(svc),
    ...{ check: 'grant_type', saw: /without grant_type/, wanted: /one of: .*client_credentials/ },
  },
  {
    name: 'an unknown grant type',
    act: ({ ask }) => ask({ grant_type: 'password', ...svc }),
    ...{ check: 'grant_type', saw: /"password"/, wanted: /authorization_code/ },
  },
  {
    name: 'JSON in place of a form',
    act: ({ send }) =>
      send(`${tenantPath('acme')}/oauth/token`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(grant),
      }),
    ...{ check: 'body', saw: /application\/json/, wanted: /x-www-form-urlencoded/ },
  },
  {
    name: 'an inactive tenant',
    act: ({ app, tagged }) => app.post('asleep', grant, tagged),
    ...{ check: 'tenant', saw: /not active/, wanted: /active tenant/ },
  },
  {
    name: 'an unknown client',
    act: ({ ask }) => ask({ ...grant, client_id: 'nobody', client_secret: 'x-secret-value' }),
    ...{ check: 'client', saw: /no client of the tenant has the client_id/, wanted: /id of a client/ },
  },
  {
    name: 'a wrong secret with a line feed',
    act: ({ ask }) => ask({ ...grant, ...svc, client_secret: 'svc-secret-value\n' }),
    ...{
      check: 'client secret',
      saw: /17 characters with a line feed at the end: not that of the one secret/,
      wanted: /the secret with the id default/,
    },
  },
  {
    name: 'an expired secret',
    act: ({ ask }) => ask({ ...grant, client_id: 'rotating', client_secret: 'old-secret-value' }),
    ...{
      check: 'secret has not expired',
      saw: /old \(2029-12-31T00:00:00Z, 24 h ago\)/,
      wanted: /valid now: new/,
    },
  },
  {
    name: 'an inactive client',
    act: ({ ask }) => ask({ ...grant, client_id: 'idle', client_secret: 'idle-secret-value' }),
    ...{
      check: 'client is active',
      saw: /credentials are right, and the client is not active/,
      wanted: /active: true/,
    },
  },
  {
    name: 'a method that the client is not registered for',
    act: ({ ask }) => ask({ ...grant, client_id: 'basic', client_secret: 'basic-secret-value' }),
    ...{ check: 'authentication method', saw: /client_secret_post/, wanted: /client_secret_basic/ },
  },
  {
    name: 'no credentials of a client with a secret',
    act: ({ ask }) => ask({ ...grant, client_id: 'svc' }),
    ...{
      check: 'authentication method',
      saw: /no credentials/,
      wanted: /client_secret_basic, client_secret_post/,
    },
  },
  {
    name: 'two methods at once',
    act: ({ ask }) => ask({ ...grant, ...svc }, basicOf('svc', 'svc-secret-value')),
    ...{ check: 'one authentication method', saw: /2 methods/, wanted: /HTTP Basic, or/ },
  },
  {
    name: 'an assertion for another audience',
    act: async ({ ask }) => ask(await signed(key, { aud: 'https://elsewhere.example' })),
    ...{ check: 'client assertion: audience', saw: /elsewhere\.example/, wanted: /tenant\/acme/ },
  },
  {
    name: 'an assertion that has expired',
    act: async ({ ask }) => ask(await signed(key, { iat: second - 200, exp: second - 100 })),
    ...{
      check: 'client assertion: expired',
      saw: /exp 2029-12-31T23:58:20Z, 100 s ago/,
      wanted: /at most 30 s/,
    },
  },
  {
    name: 'an assertion of a clock that is ahead',
    act: async ({ ask }) => ask(await signed(key, { iat: second + 90 })),
    ...{
      check: 'client assertion: not valid yet',
      saw: /iat 2030-01-01T00:01:30Z, in 90 s/,
      wanted: /at most 30 s/,
    },
  },
  {
    name: 'an assertion that came before',
    act: async ({ app, ask }) => {
      const form = await signed(key)
      await app.post('acme', form)
      return ask(form)
    },
    ...{ check: 'client assertion: replayed', saw: /has used before/, wanted: /its own jti/ },
  },
  {
    name: 'an assertion of a key that is not registered',
    act: async ({ ask }) => ask(await signed(foreign)),
    ...{ check: 'key of the client assertion', saw: /"foreign"/, wanted: /one of: mine/ },
  },
  {
    name: 'a grant that the client does not have',
    act: ({ ask }) => ask({ ...grant, scope: 'api:read' }, webBasic),
    ...{
      check: 'grant of the client',
      saw: /client_credentials/,
      wanted: /authorization_code, refresh_token/,
    },
  },
  {
    name: 'a scope that the client does not have',
    act: ({ ask }) => ask({ ...grant, ...svc, scope: 'api:write' }),
    ...{ check: 'scope', saw: /"api:write", which the client does not have/, wanted: /api:read/ },
  },
  {
    name: 'a scope that the tenant does not have',
    act: ({ ask }) => ask({ ...grant, ...svc, scope: 'api:nope' }),
    ...{ check: 'scope', saw: /a text of 8 characters, which the tenant does not have/, wanted: /api:read/ },
  },
  {
    name: 'a resource of others',
    act: ({ ask }) => ask({ ...grant, ...svc, resource: 'https://other.example' }),
    ...{ check: 'resource or audience', saw: /other\.example/, wanted: /acme-api, https:\/\/api\.example/ },
  },
  {
    name: 'a parameter that comes twice',
    act: ({ app, tagged }) => app.post('acme', 'grant_type=client_credentials&grant_type=x', tagged),
    ...{ check: 'parameters', saw: /grant_type more than once/, wanted: /once/ },
  },
  {
    name: 'an unknown code',
    act: ({ ask }) =>
      ask({ grant_type: 'authorization_code', code: random(), redirect_uri: web.redirectUri }, webBasic),
    ...{
      check: 'authorization code',
      saw: /did not issue, or that is gone/,
      wanted: /the code of the answer/,
    },
  },
  {
    name: 'a code of another client',
    act: async (world) => world.ask(await codeForm(world), basicOf('other-web', 'other-web-secret')),
    ...{ check: 'client of the code', saw: /"other-web"/, wanted: /"web"/ },
  },
  {
    name: 'another redirect_uri',
    act: async (world) =>
      world.ask(await codeForm(world, { redirect_uri: 'https://app.example/other' }), webBasic),
    ...{ check: 'redirect_uri of the code', saw: /app\.example\/other/, wanted: /app\.example\/cb/ },
  },
  {
    name: 'another code_verifier',
    act: async (world) => world.ask(await codeForm(world, { code_verifier: random() }), webBasic),
    ...{ check: 'PKCE', saw: /another code_challenge/, wanted: /SHA-256 is the code_challenge/ },
  },
  {
    name: 'a code that was used',
    act: async (world) => {
      const form = await codeForm(world)
      await world.app.post('acme', form, webBasic)
      return world.ask(form, webBasic)
    },
    ...{ check: 'first use of the code', saw: /used before/, wanted: /a new sign-in/ },
  },
  {
    name: 'a refresh token of another client',
    act: async (world) => {
      const refresh_token = await world.refreshToken()
      return world.ask(
        { grant_type: 'refresh_token', refresh_token },
        basicOf('other-web', 'other-web-secret'),
      )
    },
    ...{ check: 'client of the refresh token', saw: /"other-web"/, wanted: /"web"/ },
  },
  {
    name: 'a refresh token that was revoked',
    act: async (world) => {
      const token = await world.refreshToken()
      await postAs(world.site, `${tenantPath('acme')}/oauth/revoke`, web, { token })
      return world.ask({ grant_type: 'refresh_token', refresh_token: token }, webBasic)
    },
    ...{ check: 'family of the refresh token', saw: /ended at 2030-01-01T00:00:00Z/, wanted: /new sign-in/ },
  },
  {
    name: 'a scope that the person did not allow',
    act: async (world) => {
      const refresh_token = await world.refreshToken()
      return world.ask({ grant_type: 'refresh_token', refresh_token, scope: 'api:read' }, webBasic)
    },
    ...{ check: 'scope that the person allowed', saw: /"api:read"/, wanted: /openid/ },
  },
  {
    name: 'a text that is no refresh token',
    act: ({ ask }) => ask({ grant_type: 'refresh_token', refresh_token: 'nonsense' }, webBasic),
    ...{ check: 'refresh token', saw: /no refresh token/, wanted: /last answer/ },
  },
]

/** Refusals of a token request for which the clock moves on; last, because the server is shared. */
export const lateTokenCauses: readonly Cause[] = [
  {
    name: 'a code that is too old',
    act: async (world) => {
      const form = await codeForm(world)
      world.app.advance(90)
      return world.ask(form, webBasic)
    },
    ...{ check: 'life of the code', saw: /expired at .* 30 s ago/, wanted: /authorization_code_ttl/ },
  },
  {
    name: 'a refresh token that came twice, after the grace',
    act: async (world) => {
      const refresh_token = await world.refreshToken()
      await sendRefresh(world.site, 'acme', web, refresh_token)
      world.app.advance(600)
      return world.ask({ grant_type: 'refresh_token', refresh_token }, webBasic)
    },
    ...{ check: 'first use of the refresh token', saw: /used before/, wanted: /the last answer/ },
  },
  {
    name: 'a refresh token that was not used for too long',
    act: async (world) => {
      const refresh_token = await world.refreshToken()
      world.app.advance(8 * 86_400)
      return world.ask({ grant_type: 'refresh_token', refresh_token }, webBasic)
    },
    ...{
      check: 'idle time of the refresh token',
      saw: /made at .*, 8 days ago, and not used since/,
      wanted: /within 7 days/,
    },
  },
  {
    name: 'a refresh token of a person who was signed out everywhere',
    act: async (world) => {
      const refresh_token = await world.refreshToken()
      await asRoot(world, '/tenants/acme/users/ada/sign-out')
      return world.ask({ grant_type: 'refresh_token', refresh_token }, webBasic)
    },
    ...{ check: 'person', saw: /the person "ada" was signed out everywhere/, wanted: /a new sign-in/ },
  },
]
