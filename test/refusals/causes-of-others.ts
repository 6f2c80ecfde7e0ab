import { keysPath, managerToken } from '../support/api-keys.ts'
import { Browser } from '../support/people/browser.ts'
import { type Parameters, redeem, startAuthorization, tenantPath } from '../support/people/flow.ts'
import { svc, type World, web } from './causes-kit.ts'
import type { Cause } from './causes-of-tokens.ts'

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const formType = { 'Content-Type': 'application/x-www-form-urlencoded' }

const postForm = ({ send }: World, path: string, form: Parameters | [string, string][]) =>
  send(`${tenantPath('acme')}${path}`, {
    method: 'POST',
    headers: formType,
    body: new URLSearchParams(form).toString(),
  })

const start = (world: World, more: Parameters) => {
  const { site, app, tagged: headers } = world
  const browser = new Browser(site, { now: app.deps.now, headers })
  return browser.open(startAuthorization(site.origin, 'acme', web, more).url)
}

const verify = async ({ app, send }: World, query: string) =>
  send(`${tenantPath('acme')}/oauth/verify${query}`, { headers: bearer(await app.token('acme', svc)) })

const createKey = async ({ app, send }: World, body: object) =>
  send(keysPath('acme', 'create'), {
    method: 'POST',
    headers: { ...bearer(await managerToken(app, 'acme')), 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })

const webForm = { client_id: 'web', client_secret: web.secret ?? '' }

/** Refusals at other places: proxies, pages, pushed requests, devices, revocation, API keys, and the limits of any request. */
export const otherCauses: readonly Cause[] = [
  {
    name: 'a scope twice in the question of a proxy',
    act: (world) => verify(world, '?scope=api:read&scope=api:write'),
    ...{ check: 'parameters', saw: /scope more than once/, wanted: /it once/ },
  },
  {
    name: 'an audience without a name in the question of a proxy',
    act: (world) => verify(world, '?audience='),
    ...{ check: 'parameters', saw: /an empty audience/, wanted: /the name of an API, or no audience/ },
  },
  {
    name: 'an audience in the question of a proxy that is none of the tenant',
    act: (world) => verify(world, '?audience=x-secret-value'),
    ...{ check: 'audience', saw: /acme-api/, wanted: /14 characters.*the tenant has \["acme-api"\]/ },
  },
  {
    name: 'an audience of the tenant in the question of a proxy, and a token for another API',
    act: async ({ app, send }) => {
      const token = await app.token('acme', { ...svc, resource: 'https://api.example' })
      return send(`${tenantPath('acme')}/oauth/verify?audience=acme-api`, { headers: bearer(token) })
    },
    ...{ check: 'audience', saw: /https:\/\/api\.example/, wanted: /one of: acme-api/ },
  },
  {
    name: 'a scope in the question of a proxy that the tenant does not have',
    act: (world) => verify(world, '?scope=api:read%20x-secret-value'),
    ...{
      check: 'scope',
      saw: /api:read/,
      wanted: /"api:read" and a text of 14 characters.*the tenant has api:read/,
    },
  },
  {
    name: 'a parameter that comes twice in an authorization request',
    act: ({ send }) => send(`${tenantPath('acme')}/oauth/authorize?client_id=web&client_id=x-secret-value`),
    ...{ check: 'parameters', saw: /client_id more than once/, wanted: /it once/ },
  },
  {
    name: 'a scope that comes twice in an authorization request',
    act: async (world) => {
      const { url } = startAuthorization(world.site.origin, 'acme', web)
      return world.send(`${url.pathname}${url.search}&scope=x-secret-value`)
    },
    ...{ check: 'parameters', saw: /scope more than once/, wanted: /it once/ },
  },
  {
    name: 'a state that is too long',
    act: (world) => start(world, { state: 'x'.repeat(5000) }),
    ...{ check: 'parameters', saw: /state of 5000 characters/, wanted: /at most \d+/ },
  },
  {
    name: 'a state with a line feed',
    act: (world) => start(world, { state: 'a\r\nb' }),
    ...{ check: 'parameters', saw: /a control character in state/, wanted: /none/ },
  },
  {
    name: 'claims that are no JSON',
    act: (world) => start(world, { claims: '{"x-secret-value' }),
    ...{ check: 'claims', saw: /a text of 16 characters/, wanted: /JSON object with id_token or userinfo/ },
  },
  {
    name: 'a signed request',
    act: (world) => start(world, { request: 'x-secret-value' }),
    ...{ check: 'parameters', saw: /the parameter request/, wanted: /without it.*oauth\/par/ },
  },
  {
    name: 'an acr that no sign-in here has',
    act: (world) =>
      start(world, { claims: '{"id_token":{"acr":{"essential":true,"values":["x-secret-value","b"]}}}' }),
    ...{ check: 'essential acr', saw: /2 values, none of which is of this server/, wanted: /one of: / },
  },
  {
    name: 'a page of a tenant that signs nobody in',
    act: ({ send }) => send(`${tenantPath('other')}/account`),
    ...{ check: 'people', saw: /a tenant without oidc/, wanted: /oidc/ },
  },
  {
    name: 'a link to choose a password that is over',
    act: ({ send }) => send(`${tenantPath('acme')}/account/password?link=x-secret-value`),
    ...{ check: 'link', saw: /replaced, used, expired or never made/, wanted: /a new link/ },
  },
  {
    name: 'a request_uri that is pushed',
    act: (world) => postForm(world, '/oauth/par', { ...webForm, request_uri: 'x-secret-value' }),
    ...{ check: 'parameters', saw: /a request_uri/, wanted: /the parameters themselves/ },
  },
  {
    name: 'a client that may not have codes of devices',
    act: (world) => postForm(world, '/oauth/device_authorization', webForm),
    ...{
      check: 'grant of the client',
      saw: /device_code, which the client does not have/,
      wanted: /authorization_code/,
    },
  },
  {
    name: 'the revocation of a token of another client',
    act: async (world) => {
      const { refresh_token = '' } = await redeem(world.site, 'acme', web, await world.code())
      return postForm(world, '/oauth/revoke', { ...svc, token: refresh_token })
    },
    ...{ check: 'client of the token', saw: /a token of "web"/, wanted: /a token of "svc"/ },
  },
  {
    name: 'a scope that an API key cannot have',
    act: (world) => createKey(world, { name: 'k', scopes: ['api:write'] }),
    ...{ check: 'scope', saw: /"api:write"/, wanted: /one of: api:read/ },
  },
  {
    name: 'a scope of an API key that is none of the tenant',
    act: (world) => createKey(world, { name: 'k', scopes: ['x-secret-value'] }),
    ...{ check: 'scope', saw: /a text of 14 characters/, wanted: /one of: api:read/ },
  },
  {
    name: 'a URL that is too long',
    act: ({ send }) => send(`/?${'x'.repeat(9000)}`),
    ...{ check: 'limit of the URL', saw: /90\d\d characters/, wanted: /at most 8192.*url_bytes/ },
  },
  {
    name: 'a body that is too large',
    act: (world) => postForm(world, '/oauth/token', { scope: 'x'.repeat(70_000) }),
    ...{ check: 'limit of the body', saw: /more than 65536 bytes/, wanted: /at most 65536.*body_bytes/ },
  },
  {
    name: 'too many parameters',
    act: (world) =>
      postForm(
        world,
        '/oauth/token',
        Array.from({ length: 200 }, (_, n) => [`p${n}`, '']),
      ),
    ...{ check: 'limit of parameters', saw: /200 parameters/, wanted: /at most 100.*form_parameters/ },
  },
  {
    name: 'a method that the path does not have',
    act: ({ send }) => send(`${tenantPath('acme')}/oauth/token`),
    ...{ check: 'method', saw: /does not have/, wanted: /one of: .*POST/ },
  },
]
