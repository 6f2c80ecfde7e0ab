import { keysPath, makeKey, managerToken } from '../support/api-keys.ts'
import { forge } from '../support/jws.ts'
import { redeem, tenantPath } from '../support/people/flow.ts'
import { asRoot, basicOf, svc, type World, web } from './causes-kit.ts'
import type { Cause } from './causes-of-tokens.ts'

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` })
const use = ({ send }: World, token: string) => send('/api/v1/protected-resource', { headers: bearer(token) })
const tokenOf = ({ app }: World, form = {}) => app.token('acme', { ...svc, ...form })

const revoke = (world: World, body: object) => asRoot(world, '/tenants/acme/tokens/revoke', body)

/** The token with other claims, under the signature that it had. */
function tamper(token: string): string {
  const [head, claims = '', signature] = token.split('.')
  const read = JSON.parse(Buffer.from(claims, 'base64url').toString())
  return [head, Buffer.from(JSON.stringify({ ...read, sub: 'root' })).toString('base64url'), signature].join(
    '.',
  )
}

function introspect({ send }: World, token: string, client = basicOf('svc', svc.client_secret)) {
  const headers = { ...client, 'Content-Type': 'application/x-www-form-urlencoded' }
  const init = { method: 'POST', headers, body: new URLSearchParams({ token }).toString() }
  return send(`${tenantPath('acme')}/oauth/introspect`, init)
}

async function tokenOfPerson(world: World): Promise<string> {
  return (await redeem(world.site, 'acme', web, await world.code())).access_token
}

const issuer = 'http://localhost:3000/api/v1/tenant/acme'
const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
const unsigned = (header: object) =>
  `${encode({ kid: 'k', typ: 'at+jwt', ...header })}.${encode({ iss: issuer })}.`

async function withAlg(world: World, alg: string): Promise<string> {
  const [head = '', ...rest] = (await tokenOf(world)).split('.')
  return [encode({ ...JSON.parse(Buffer.from(head, 'base64url').toString()), alg }), ...rest].join('.')
}

/** Refusals of a bearer token. */
export const bearerCauses: readonly Cause[] = [
  {
    name: 'no token',
    act: ({ send }) => send('/api/v1/protected-resource'),
    ...{ check: 'access token', saw: /no Authorization header/, wanted: /Bearer/ },
  },
  {
    name: 'a text that is no JWT',
    act: (world) => use(world, 'nonsense'),
    ...{ check: 'form of the token', saw: /8 characters that are no JWT/, wanted: /kid/ },
  },
  {
    name: 'the word Bearer before the token once more',
    act: async (world) => use(world, `Bearer ${await tokenOf(world)}`),
    ...{ check: 'form of the token', saw: /the word Bearer before it/, wanted: /the token alone/ },
  },
  {
    name: 'a token in quotes',
    act: async (world) => use(world, `"${await tokenOf(world)}"`),
    ...{ check: 'form of the token', saw: /quotes around it/, wanted: /the token alone/ },
  },
  {
    name: 'the whole answer of the token endpoint',
    act: async (world) => use(world, JSON.stringify({ access_token: await tokenOf(world) })),
    ...{ check: 'form of the token', saw: /JSON/, wanted: /access_token/ },
  },
  {
    name: 'a token with a space in it',
    act: async (world) => use(world, (await tokenOf(world)).replace('.', '. ')),
    ...{ check: 'form of the token', saw: /white space in it/, wanted: /in one line/ },
  },
  {
    name: 'a token that was cut off',
    act: async (world) => use(world, (await tokenOf(world)).slice(0, -5)),
    ...{ check: 'form of the token', saw: /signature.* was cut off or changed/, wanted: /the whole token/ },
  },
  {
    name: 'a token without a signature',
    act: (world) => use(world, unsigned({ alg: 'none' })),
    ...{ check: 'form of the token', saw: /no signature/, wanted: /the whole token/ },
  },
  {
    name: 'a token of a secret in place of a key',
    act: async (world) => use(world, await withAlg(world, 'HS256')),
    ...{ check: 'key', saw: /another alg in the header/, wanted: /the alg of the key: ES256/ },
  },
  {
    name: 'a refresh token in place of an access token',
    act: async (world) => use(world, await world.refreshToken()),
    ...{ check: 'form of the token', saw: /a refresh token/, wanted: /JWT/ },
  },
  {
    name: 'a token of another server',
    act: (world) =>
      use(world, forge({ alg: 'ES256', kid: 'k', typ: 'at+jwt' }, { iss: 'https://elsewhere.example' }, 'x')),
    ...{ check: 'issuer', saw: /elsewhere\.example/, wanted: /active tenant/ },
  },
  {
    name: 'a token of an unknown key',
    act: (world) => {
      const iss = 'http://localhost:3000/api/v1/tenant/acme'
      return use(world, forge({ alg: 'ES256', kid: 'unheard-of', typ: 'at+jwt' }, { iss }, 'x'))
    },
    ...{ check: 'key', saw: /"unheard-of", which is no key/, wanted: /one of: / },
  },
  {
    name: 'a token that was changed',
    act: async (world) => use(world, tamper(await tokenOf(world))),
    ...{ check: 'signature', saw: /was changed/, wanted: /as it was issued/ },
  },
  {
    name: 'an ID token in place of an access token',
    act: async (world) => {
      const { id_token = '' } = await redeem(world.site, 'acme', web, await world.code())
      return use(world, id_token)
    },
    ...{ check: 'claims', saw: /an ID token/, wanted: /an access token/ },
  },
  {
    name: 'a token that was revoked by itself',
    act: async (world) => {
      const token = await tokenOf(world)
      await revoke(world, { token })
      return use(world, token)
    },
    ...{ check: 'revocation', saw: /this token was revoked/, wanted: /not revoked/ },
  },
  {
    name: 'a token of a client whose tokens were revoked',
    act: async (world) => {
      const token = await world.app.token('acme', { client_id: 'asks', client_secret: 'asks-secret-value' })
      await revoke(world, { client_id: 'asks' })
      return use(world, token)
    },
    ...{ check: 'revocation', saw: /all tokens of the client were revoked/, wanted: /issued later/ },
  },
  {
    name: 'an API key that was revoked',
    act: async (world) => {
      const token = await managerToken(world.app, 'acme', svc)
      const made = await makeKey(world.app, { token, body: { name: 'k', scopes: ['api:read'] } })
      await world.app.send(keysPath('acme', `${made.id}/revoke`), { method: 'POST', headers: bearer(token) })
      await revoke(world, { token: made.api_key })
      return use(world, made.api_key)
    },
    ...{ check: 'API key', saw: /revoked at 2030/, wanted: /not revoked/ },
  },
  {
    name: 'a scope that the token does not have',
    act: async (world) => {
      const token = await tokenOf(world)
      return world.send('/api/v1/admin/tenants/acme', { headers: bearer(token) })
    },
    ...{ check: 'scopes', saw: /"api:read"/, wanted: /grantd:admin/ },
  },
  {
    name: 'a token for another API at an endpoint of ours',
    act: async (world) => {
      const token = await tokenOf(world, { scope: 'api-keys:manage', resource: 'https://api.example' })
      return world.send(keysPath('acme', 'list'), { headers: bearer(token) })
    },
    ...{ check: 'audience', saw: /api\.example/, wanted: /tenant\/acme/ },
  },
  {
    name: 'a token of a client at userinfo',
    act: async (world) =>
      world.send(`${tenantPath('acme')}/oauth/userinfo`, { headers: bearer(await tokenOf(world)) }),
    ...{ check: 'scopes', saw: /"api:read"/, wanted: /openid/ },
  },
  {
    name: 'introspection of a token of another client',
    act: async (world) =>
      introspect(
        world,
        await world.app.token('acme', { client_id: 'asks', client_secret: 'asks-secret-value' }),
      ),
    ...{ check: 'revocation', saw: /all tokens of the client/, wanted: /issued later/ },
  },
  {
    name: 'introspection of a token of another tenant',
    act: async (world) => {
      const foreign = await world.app.token('other', {
        client_id: 'svc',
        client_secret: 'other-secret-value',
      })
      return introspect(world, foreign)
    },
    ...{ check: 'issuer', saw: /tenant\/other", which is not that of this tenant/, wanted: /tenant\/acme/ },
  },
  {
    name: 'introspection by a client that may not ask',
    act: async (world) => introspect(world, await tokenOfPerson(world)),
    ...{ check: 'who may ask', saw: /"svc" asks about a token of "web"/, wanted: /introspect: true/ },
  },
  {
    name: 'a token whose sign-in has ended',
    act: async (world) => {
      const { access_token, refresh_token = '' } = await redeem(world.site, 'acme', web, await world.code())
      const form = new URLSearchParams({ token: refresh_token }).toString()
      const headers = {
        ...basicOf('web', 'web-secret-value'),
        'Content-Type': 'application/x-www-form-urlencoded',
      }
      await world.app.send(`${tenantPath('acme')}/oauth/revoke`, { method: 'POST', headers, body: form })
      return use(world, access_token)
    },
    ...{ check: 'family', saw: /ended at 2030/, wanted: /goes on/ },
  },
]

/** For which the clock moves on. */
export const lateBearerCauses: readonly Cause[] = [
  {
    name: 'a token that has expired',
    act: async (world) => {
      const token = await tokenOf(world)
      world.app.advance(3_720)
      return use(world, token)
    },
    ...{ check: 'times', saw: /exp .*, 2 min ago; iat .*, 62 min ago/, wanted: /an exp after/ },
  },
]
