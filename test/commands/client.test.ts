import { afterAll, beforeAll, expect, test } from 'bun:test'
import { callProtected } from '../support/test-app.ts'
import { type Managed, startManaged } from './management-kit.ts'

let managed: Managed
/** With a tenant where people sign in. */
let people: Managed
beforeAll(async () => {
  managed = await startManaged()
  people = await startManaged('', '  main: { name: Main, oauth2: { scopes: { read: R } }, oidc: {} }\n')
})
afterAll(() => Promise.all([managed.close(), people.close()]))

const client = (word: string, id: string, ...more: string[]) =>
  managed.grantd(['client', word, '--tenant', 'acme', '--client', id, ...more])
const tokenStatus = async (client_id: string, client_secret: string, more: Record<string, string> = {}) =>
  (await managed.app.post('acme', { grant_type: 'client_credentials', client_id, client_secret, ...more }))
    .status

test('add makes a client, prints its secret once, and a running server takes it at once', async () => {
  const { code, out, err } = await client(
    'add',
    'billing',
    '--scopes',
    'api:read,api:write',
    '--name',
    'Billing',
  )
  expect([code, err]).toEqual([0, ''])
  const [secret = ''] = out.match(/gds_\w{49}/) ?? []
  expect(out).toBe(
    `Added the client 'billing' to the tenant 'acme'\nSecret, shown this once: give it to the client\n  ${secret}\n`,
  )
  expect(await tokenStatus('billing', secret, { scope: 'api:read api:write' })).toBe(200)
  const shown = await client('show', 'billing')
  expect(shown.out).not.toContain('gds_')
  expect(shown.out).toMatch(
    /^client_id: billing\nsource: storage\nname: Billing\nactive: true\n[\s\S]*\nsecret [0-9a-f]{8} {2}valid {2}does not expire {2}not used yet\n$/,
  )
})

test('show tells when a secret was used last', async () => {
  const added = JSON.parse((await client('add', 'used', '--json')).out)
  expect(added).toEqual({
    client_id: 'used',
    secret: expect.stringMatching(/^gds_/),
    secret_id: expect.any(String),
  })
  await tokenStatus('used', added.secret)
  await managed.app.deps.lastUse.flush()
  const shown = JSON.parse((await client('show', 'used', '--json')).out)
  expect(shown).toMatchObject({
    client_id: 'used',
    source: 'storage',
    secrets: [{ id: added.secret_id, last_used: '2030-01-01T00:00:00.000Z', valid: true }],
  })
})

test('list names all of a tenant, those of config.yaml too', async () => {
  const lines = (await managed.grantd(['client', 'list', '--tenant', 'acme'])).out.split('\n')
  expect(lines).toContain('plain  active  config.yaml  api:read')
  expect(lines).toContain('billing  active  stored  api:read api:write')
  const json = JSON.parse((await managed.grantd(['client', 'list', '--tenant', 'acme', '--json'])).out)
  expect(json.map(({ client_id }: { client_id: string }) => client_id)).toEqual([
    'billing',
    'plain',
    'two',
    'used',
  ])
})

test('disable and enable switch a client and its tokens, and remove ends them for good', async () => {
  const { secret } = JSON.parse((await client('add', 'switched', '--json')).out)
  const token = await managed.app.token('acme', { client_id: 'switched', client_secret: secret })
  const use = async () => (await callProtected(managed.app, token)).status
  expect((await client('disable', 'switched')).out).toBe("The client 'switched' is inactive now\n")
  expect([await use(), await tokenStatus('switched', secret)]).toEqual([401, 401])
  expect((await client('enable', 'switched')).out).toBe("The client 'switched' is active now\n")
  expect([await use(), await tokenStatus('switched', secret)]).toEqual([200, 200])
  expect((await client('remove', 'switched')).out).toBe(
    "The client 'switched' is gone, and its tokens and API keys are revoked\n",
  )
  await client('add', 'switched')
  expect([await use(), await tokenStatus('switched', secret)]).toEqual([401, 401])
})

test('what cannot be done says what was tried, and exits with 1', async () => {
  const fails = async (word: string, id: string, ...more: string[]) => {
    const { code, out, err } = await client(word, id, ...more)
    expect([code, out]).toEqual([1, ''])
    return err
  }
  await client('add', 'there')
  const cannot = (id: string) =>
    `grantd: Cannot add the client '${id}' to the tenant 'acme', whose scopes are [api:read, api:write]: `
  expect(await fails('add', 'there')).toBe(
    `${cannot('there')}A client of this id exists already; grantd client show --tenant acme --client there shows it, and grantd secret rotate --tenant acme --client there gives it a new secret\n`,
  )
  expect(await fails('add', 'plain')).toBe(
    `${cannot('plain')}The client is defined in config.yaml and read-only here; change it there, then run grantd reload, or restart the server\n`,
  )
  expect(await fails('add', 'x', '--scopes', 'api:read,nothing')).toBe(
    `${cannot('x')}The field scopes has a scope that the tenant does not have\n`,
  )
  expect(await fails('remove', 'plain')).toBe(
    "grantd: Cannot remove the client 'plain' of the tenant 'acme': The client is defined in config.yaml and read-only here; change it there, then run grantd reload, or restart the server\n",
  )
  expect(await fails('disable', 'plain')).toBe(
    "grantd: Cannot change the client 'plain' of the tenant 'acme': The client is defined in config.yaml and read-only here; change it there, then run grantd reload, or restart the server\n",
  )
  expect(await fails('show', 'nobody')).toBe(
    "grantd: The tenant 'acme' has no client 'nobody'; grantd client list --tenant acme names them\n",
  )
  const elsewhere = await managed.grantd(['client', 'list', '--tenant', 'nowhere'])
  expect([elsewhere.code, elsewhere.err]).toEqual([
    1,
    "grantd: There is no tenant 'nowhere'; grantd tenant list names them\n",
  ])
})

test.each([
  [['client'], 'client wants one of list, add, show, remove, enable, disable, keygen'],
  [['client', 'constructor'], 'client wants one of list, add, show, remove, enable, disable, keygen'],
  [
    ['client', 'keygn'],
    'client wants one of list, add, show, remove, enable, disable, keygen; did you mean keygen?',
  ],
  [['client', 'list'], 'client wants --tenant ID'],
  [['client', 'add', '--tenant', 'acme'], 'client wants --client ID'],
])('%j is a slip of the hand', async (args, sentence) => {
  const { code, err } = await managed.grantd(args)
  expect([code, err.split('\n')[0]]).toEqual([2, `grantd: ${sentence}`])
})

test('without a storage that is kept there is nothing to work on', async () => {
  const own = await startManaged('storage: memory\n')
  const { code, err } = await own.grantd(['client', 'list', '--tenant', 'acme'])
  expect([code, err]).toEqual([
    1,
    `grantd: ${own.folder}/config.yaml keeps nothing (storage: memory): a command cannot reach what the server remembers\n`,
  ])
  await own.close()
})

test('what was done is in the audit trail, by the shell', async () => {
  const { out } = await managed.grantd(['audit', 'export', '--tenant', 'acme'])
  const events = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(events[0]).toMatchObject({
    type: 'client.created',
    actor: 'shell',
    client: 'billing',
    outcome: 'success',
  })
  expect(new Set(events.map(({ type }) => type))).toEqual(
    new Set(['client.created', 'client.changed', 'client.deleted']),
  )
  expect(out).not.toContain('gds_')
})

test('a tenant is added, switched and removed by the shell too', async () => {
  const tenant = (word: string, ...more: string[]) =>
    managed.grantd(['tenant', word, '--tenant', 'fresh', ...more])
  const added = await tenant('add', '--name', 'Fresh', '--audience', 'a-api', '--scopes', 'read')
  expect([added.code, added.err, added.out]).toEqual([
    0,
    '',
    "The tenant 'fresh' issues tokens as http://localhost:3000/api/v1/tenant/fresh; its first key is made at its first use\n",
  ])
  expect((await tenant('add')).err).toBe(
    "grantd: Cannot add the tenant 'fresh': A tenant of this id exists already; grantd tenant show --tenant fresh shows it\n",
  )
  const made = await managed.grantd([
    'client',
    'add',
    '--tenant',
    'fresh',
    '--client',
    'svc',
    '--scopes',
    'read',
    '--json',
  ])
  const form = { client_id: 'svc', client_secret: JSON.parse(made.out).secret }
  const token = await managed.app.token('fresh', form)
  expect(JSON.parse(atob(token.split('.')[1] ?? ''))).toMatchObject({ aud: ['a-api'], scope: 'read' })
  expect((await managed.grantd(['tenant', 'list'])).out).toBe(
    [
      'acme  active  config.yaml  http://localhost:3000/api/v1/tenant/acme',
      'fresh  active  stored  http://localhost:3000/api/v1/tenant/fresh',
      'other  active  config.yaml  http://localhost:3000/api/v1/tenant/other',
      '',
    ].join('\n'),
  )
  expect(JSON.parse((await tenant('show', '--json')).out)).toMatchObject({ id: 'fresh', name: 'Fresh' })
  expect((await tenant('remove')).err).toBe(
    "grantd: Cannot remove the tenant 'fresh': The tenant is active; make it inactive before it is deleted\n",
  )
  expect((await tenant('disable')).out).toBe("The tenant 'fresh' is inactive now\n")
  expect((await managed.app.post('fresh', { grant_type: 'client_credentials', ...form })).status).toBe(404)
  expect((await tenant('remove')).out).toBe(
    "The tenant 'fresh' is gone; grantd audit list --tenant fresh still tells what it did\n",
  )
  expect((await tenant('show')).err).toBe(
    "grantd: There is no tenant 'fresh'; grantd tenant list names them\n",
  )
  expect((await managed.grantd(['tenant', 'remove', '--tenant', 'acme'])).err).toBe(
    "grantd: Cannot remove the tenant 'acme': The tenant is defined in config.yaml and read-only here; change it there, then run grantd reload, or restart the server\n",
  )
})

test('add takes static claims as JSON, and show names them', async () => {
  const { code } = await client('add', 'claiming', '--claims', '{"plan":"gold","seats":[1,true]}')
  expect(code).toBe(0)
  expect((await client('show', 'claiming')).out).toContain('\nclaims: {"plan":"gold","seats":[1,true]}\n')
  expect((await client('show', 'billing')).out).toContain('\nclaims: -\n')
})

test.each(['gold', '[1]', 'null', '{', '"x"'])('add refuses the claims %s', async (text) => {
  const { code, err } = await client('add', 'never', '--claims', text)
  expect([code, err]).toEqual([
    2,
    expect.stringContaining('--claims wants a JSON object such as {"plan":"gold"}'),
  ])
})

test('add refuses a claim that grantd sets itself', async () => {
  const { code, err } = await client('add', 'never', '--claims', '{"sub":"root"}')
  expect([code, err]).toEqual([1, expect.stringContaining('The field claims.sub is a name that grantd')])
  expect((await client('show', 'never')).code).toBe(1)
})

test('add of an app prints what to paste into its library, and the app is as it says', async () => {
  const { folder } = people
  const issuer = 'http://localhost:3000/api/v1/tenant/main'
  const add = (id: string, ...more: string[]) =>
    people.grantd(['client', 'add', '--tenant', 'main', '--client', id, ...more])
  expect(folder).not.toBe('')
  const web = await add(
    'web',
    '--redirect-uri',
    'https://app.example/cb,https://app.example/cb2',
    '--scopes',
    'read',
  )
  expect([web.code, web.err]).toEqual([0, ''])
  expect(web.out.replace(/gds_\w{49}/, 'SECRET')).toBe(`Added the client 'web' to the tenant 'main'
To paste into its OpenID Connect library:
  issuer         ${issuer}
  client id      web
  client secret  SECRET  (shown this once)
  redirect URI   https://app.example/cb
  redirect URI   https://app.example/cb2
  scopes         openid profile email read
  discovery      ${issuer}/.well-known/openid-configuration
`)
  const uris = [
    '--redirect-uri',
    'https://spa.example/cb,http://localhost:5173/cb',
    '--logout-uri',
    'https://spa.example/',
  ]
  const spa = await add('spa', '--app', 'browser', ...uris, '--json')
  expect(JSON.parse(spa.out)).toEqual({
    client_id: 'spa',
    issuer,
    redirect_uris: ['https://spa.example/cb', 'http://localhost:5173/cb'],
    post_logout_redirect_uris: ['https://spa.example/'],
    scopes: ['openid', 'profile', 'email'],
    discovery: `${issuer}/.well-known/openid-configuration`,
  })
  const found = await people.app.deps.clients.of('main').find('spa')
  expect(found).toMatchObject({
    token_endpoint_auth_method: 'none',
    secrets: [],
    grant_types: ['authorization_code', 'refresh_token'],
    post_logout_redirect_uris: ['https://spa.example/'],
    allowed_origins: ['https://spa.example', 'http://localhost:5173'],
    require_pkce: true,
  })
  const device = await add("tv's", '--app', 'device')
  expect(device.out).toContain(
    String.raw`try it         grantd login --url http://localhost:3000 --tenant main --client 'tv'\''s'`,
  )
  const native = await add(
    'native',
    '--app',
    'native',
    '--redirect-uri',
    'com.example.app:/cb',
    '--logout-uri',
    'com.example.app:/out',
    '--consent',
    'always',
  )
  expect(native.out).toBe(`Added the client 'native' to the tenant 'main'
To paste into its OpenID Connect library:
  issuer         ${issuer}
  client id      native
  client secret  none, but PKCE with S256
  redirect URI   com.example.app:/cb
  sign-out URI   com.example.app:/out
  scopes         openid profile email
  discovery      ${issuer}/.well-known/openid-configuration
`)
  expect((await people.app.deps.clients.of('main').find('native'))?.consent).toBe('always')
})

test.each([
  [['--app', 'web'], 'client add wants --redirect-uri for --app web'],
  [['--app', 'tablet'], "The app is 'tablet', wanted one of web browser native device"],
  [['--origin', 'https://a.example'], '--origin wants --app beside it'],
  [
    ['--redirect-uri', 'javascript:alert(1)'],
    "Cannot add the client 'app' to the tenant 'main', whose scopes are [read]: The field redirect_uris must be a list of an absolute https URL",
  ],
])('add of an app with %p is refused', async (options, complaint) => {
  const { code, err } = await people.grantd([
    'client',
    'add',
    '--tenant',
    'main',
    '--client',
    'app',
    ...options,
  ])
  expect(code).not.toBe(0)
  expect(err).toContain(complaint)
})

test('add of an app wants a tenant where people sign in', async () => {
  const { err } = await client('add', 'app', '--redirect-uri', 'https://app.example/cb')
  expect(err).toContain(
    'The field grant_types has a grant that signs people in, which wants oidc at the tenant',
  )
})

test('add of a tenant with --oidc makes one where people sign in, and an app of it is made at once', async () => {
  const made = await people.grantd(['tenant', 'add', '--tenant', 'new', '--oidc', '--json'])
  expect(JSON.parse(made.out).oidc).toMatchObject({ session_ttl: 43_200, password: { min_length: 12 } })
  const app = ['--client', 'web', '--redirect-uri', 'http://localhost:8080/cb']
  expect((await people.grantd(['client', 'add', '--tenant', 'new', ...app])).code).toBe(0)
  expect((await people.app.deps.clients.of('new').find('web'))?.redirect_uris).toEqual([
    'http://localhost:8080/cb',
  ])
})
