import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { proveReturnAddress } from '../../src/authorization/checks/proven-client.ts'
import { parseAuthorizationRequest } from '../../src/authorization/parse-request.ts'
import { type ParameterList, RequestParameters } from '../../src/authorization/request-parameters.ts'
import { OAuthError } from '../../src/protocol/errors.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

/** No client can have a longer one. */
const longestId = 'i'.repeat(256)

const config = `
tenants:
  acme:
    name: Acme
    signing: { algorithm: ES256 }
    oauth2: { audience: [acme-api], scopes: { 'api:read': Read, 'api:write': Write } }
    oidc: {}
    clients:
      web:
        secret: web-secret-value
        grant_types: [authorization_code, refresh_token]
        scopes: [api:read]
        resources: [https://files.example]
        redirect_uris: [https://app.example/cb]
      lax:
        secret: lax-secret-value
        grant_types: [authorization_code]
        scopes: [api:read, grantd:admin, api-keys:manage]
        redirect_uris: [https://app.example/cb]
        require_pkce: false
      spa:
        token_endpoint_auth_method: none
        grant_types: [authorization_code, refresh_token]
        redirect_uris: [https://spa.example/cb]
      pushing:
        secret: pushing-secret-value
        grant_types: [authorization_code]
        redirect_uris: [https://app.example/cb]
        require_pushed_authorization_requests: true
      ${longestId}:
        secret: long-secret-value
        grant_types: [authorization_code]
        redirect_uris: [https://app.example/cb]
      machine: { secret: machine-secret-value, scopes: [api:read] }
`

let app: TestApp
beforeAll(async () => {
  app = await startTestApp(config)
})
afterAll(() => app.close())

const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'
const usual = {
  client_id: 'web',
  redirect_uri: 'https://app.example/cb',
  response_type: 'code',
  code_challenge: challenge,
  code_challenge_method: 'S256',
  state: 's',
}

/** `undefined` leaves a parameter out; a list sends it more than once. */
type Changes = Readonly<Record<string, string | readonly string[] | undefined>>

function listOf(changes: Changes): ParameterList {
  return Object.entries<string | readonly string[] | undefined>({ ...usual, ...changes }).flatMap(
    ([name, value = []]) => [value].flat().map((one) => [name, one] as const),
  )
}

async function parse(changes: Changes, { pushed = false } = {}) {
  const tenant = await app.deps.tenants.find('acme')
  if (!tenant?.oauth2) throw new Error('No tenant')
  const parameters = new RequestParameters(listOf(changes))
  const address = await proveReturnAddress(parameters, app.deps.clients.of('acme'))
  const { client } = address
  const { oauth2 } = tenant
  return parseAuthorizationRequest({ parameters, pushed, tenant, oauth2, client }, address, app.deps)
}

const errorOf = (work: Promise<unknown>) =>
  work.then(
    () => 'no error',
    (error) => (error instanceof OAuthError ? `${error.code}: ${error.message}` : error),
  )

test('a good request is read whole', async () => {
  const request = await parse({
    scope: 'openid email offline_access api:read',
    nonce: 'n',
    prompt: 'consent login',
    max_age: '60',
    login_hint: 'ada@example.com',
    ui_locales: 'de en',
    claims: '{"id_token":{"email":{"essential":true}},"x":1}',
    display: 'popup',
    unknown: ['1', '2'],
    response_mode: 'form_post',
  })
  expect(request).toMatchObject({
    redirectUri: 'https://app.example/cb',
    responseMode: 'form_post',
    state: 's',
    codeChallenge: challenge,
    scopes: ['openid', 'email', 'offline_access', 'api:read'],
    audience: ['acme-api', 'http://localhost:3000/api/v1/tenant/acme'],
    nonce: 'n',
    prompt: ['login', 'consent'],
    maxAge: 60,
    hintedSub: undefined,
    loginHint: 'ada@example.com',
    uiLocales: 'de en',
    claims: { id_token: { email: { essential: true } } },
  })
})

test('a client signs people in whatever the length of its id', async () => {
  expect(await parse({ client_id: longestId })).toMatchObject({ client: { id: longestId } })
})

test('what is not sent has its default', async () => {
  expect(await parse({ state: undefined })).toMatchObject({
    responseMode: 'query',
    state: undefined,
    scopes: ['api:read'],
    nonce: undefined,
    prompt: [],
    maxAge: undefined,
    claims: undefined,
  })
})

describe('the client and the redirect URI, before which nothing may be redirected', () => {
  test.each([
    [{ client_id: undefined }, 'Missing client_id parameter'],
    [{ client_id: '' }, 'Missing client_id parameter'],
    [{ client_id: 'nobody' }, 'The client is unknown'],
    [{ client_id: ['web', 'web'] }, 'A parameter was sent more than once: client_id'],
    [{ redirect_uri: undefined }, 'Missing redirect_uri parameter'],
    [
      { redirect_uri: ['https://app.example/cb', 'https://app.example/cb'] },
      'A parameter was sent more than once: redirect_uri',
    ],
    [{ redirect_uri: 'https://app.example/other' }, 'The redirect_uri is not registered for the client'],
    [{ client_id: 'machine' }, 'The redirect_uri is not registered for the client'],
  ] as const)('%p', async (changes, sentence) => {
    const parameters = new RequestParameters(listOf(changes))
    expect(await errorOf(proveReturnAddress(parameters, app.deps.clients.of('acme')))).toBe(
      `invalid_request: ${sentence}`,
    )
  })
})

describe('what goes back to the client', () => {
  test.each([
    [{ response_type: undefined }, 'invalid_request: Missing response_type parameter'],
    [{ response_type: 'token' }, 'unsupported_response_type: The response type is not supported: use code'],
    [
      { response_type: 'code id_token' },
      'unsupported_response_type: The response type is not supported: use code',
    ],
    [{ response_type: 'Code' }, 'unsupported_response_type: The response type is not supported: use code'],
    [
      { response_mode: 'fragment' },
      'invalid_request: The response mode is not supported: use query or form_post',
    ],
    [{ state: ['a', 'b'] }, 'invalid_request: A parameter was sent more than once: state'],
    [{ scope: ['openid', ''] }, 'invalid_request: A parameter was sent more than once: scope'],
    [{ nonce: 'a\nb' }, 'invalid_request: A parameter has a control character: nonce'],
    [{ nonce: 'n'.repeat(1001) }, 'invalid_request: A parameter is too long: nonce'],
    [{ request: 'e30.e30.' }, 'request_not_supported: The parameter request is not supported'],
    [
      { request_uri: 'https://app.example/r' },
      'request_uri_not_supported: The parameter request_uri is not supported',
    ],
    [{ registration: '{}' }, 'registration_not_supported: The parameter registration is not supported'],
    [
      { code_challenge: undefined, code_challenge_method: undefined },
      'invalid_request: Missing code_challenge parameter: PKCE with S256 is required',
    ],
    [{ code_challenge_method: 'plain' }, 'invalid_request: The code_challenge_method must be S256'],
    [{ code_challenge_method: undefined }, 'invalid_request: The code_challenge_method must be S256'],
    [{ code_challenge: undefined }, 'invalid_request: The code_challenge must be 43 characters of base64url'],
    [
      { code_challenge: `${challenge}=` },
      'invalid_request: The code_challenge must be 43 characters of base64url',
    ],
    [
      { scope: 'openid api:write' },
      'invalid_scope: The requested scope is not allowed for this client: api:write',
    ],
    [{ scope: 'openid  email' }, 'invalid_scope: The scope is malformed'],
    [{ prompt: 'none login' }, 'invalid_request: The prompt none stands alone'],
    [{ prompt: 'create' }, 'invalid_request: The prompt must be of: none, login, consent, select_account'],
    [{ max_age: '-1' }, 'invalid_request: The max_age must be whole seconds'],
    [{ max_age: '1.5' }, 'invalid_request: The max_age must be whole seconds'],
    [{ claims: '[]' }, 'invalid_request: The parameter claims is malformed'],
    [{ claims: '{"userinfo":' }, 'invalid_request: The parameter claims is malformed'],
    [{ claims: '{"id_token":{"sub":{"value":1}}}' }, 'invalid_request: The claim sub must be a text'],
    [
      { resource: 'https://other.example' },
      'invalid_target: The requested resource is not allowed for this client: https://other.example',
    ],
    [
      { resource: Array.from({ length: 21 }, () => 'https://files.example') },
      'invalid_request: There are more than 20 resources',
    ],
    [
      { client_id: 'lax', scope: 'grantd:admin' },
      'invalid_scope: A scope that manages this server is not for people',
    ],
    [
      { client_id: 'lax', scope: 'api-keys:manage' },
      'invalid_scope: A scope that manages this server is not for people',
    ],
    [
      { client_id: 'lax', code_challenge: undefined },
      'invalid_request: The code_challenge must be 43 characters of base64url',
    ],
    [
      { client_id: 'lax', code_challenge_method: 'plain' },
      'invalid_request: The code_challenge_method must be S256',
    ],
    [
      {
        client_id: 'spa',
        redirect_uri: 'https://spa.example/cb',
        code_challenge: undefined,
        code_challenge_method: undefined,
      },
      'invalid_request: Missing code_challenge parameter: PKCE with S256 is required',
    ],
    [{ client_id: 'pushing' }, 'invalid_request: The client has to push its authorization requests'],
    [
      { claims: '{"id_token":{"acr":{"essential":true,"values":["gold"]}}}' },
      'unmet_authentication_requirements: No login of this server has the acr',
    ],
  ] as const)('%p: %s', async (changes: Changes, error) => {
    expect(await errorOf(parse(changes))).toBe(error)
  })
})

test('a state of 2,000 characters and of any letters is taken', async () => {
  const state = `ä<"&'${'x'.repeat(2000)}`
  expect((await parse({ state })).state).toBe(state)
})

test('resource may be repeated, and replaces the default audience', async () => {
  const files = 'https://files.example'
  const issuer = 'http://localhost:3000/api/v1/tenant/acme'
  expect((await parse({ resource: [files, issuer, files] })).audience).toEqual([files, issuer])
  expect((await parse({ resource: '' })).audience).toEqual(['acme-api', issuer])
})

test('a client with a secret may leave PKCE out where its settings say so, and a public one never', async () => {
  const without = { code_challenge: undefined, code_challenge_method: undefined }
  expect((await parse({ client_id: 'lax', ...without })).codeChallenge).toBeNull()
})

test('offline_access is ignored for a client that cannot refresh', async () => {
  expect((await parse({ client_id: 'lax', scope: 'openid offline_access' })).scopes).toEqual(['openid'])
})

test('a pushed request passes where the client has to push', async () => {
  expect((await parse({ client_id: 'pushing' }, { pushed: true })).client.id).toBe('pushing')
})

test('an essential acr is met by the acr of a password', async () => {
  for (const acr of [
    { essential: true },
    { essential: true, values: ['2', '1'] },
    { essential: true, value: '1' },
  ])
    expect((await parse({ claims: JSON.stringify({ id_token: { acr } }) })).claims).toBeDefined()
})

test('an acr that would be nice to have is no error', async () => {
  const claims = '{"id_token":{"acr":{"values":["gold"]}}}'
  expect((await parse({ claims, acr_values: 'gold silver' })).claims).toBeDefined()
})

test('the claim sub with a value is the person that the request wants', async () => {
  expect((await parse({ claims: '{"id_token":{"sub":{"value":"ada"}}}' })).hintedSub).toBe('ada')
})
