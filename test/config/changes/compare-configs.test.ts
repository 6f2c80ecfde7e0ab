import { expect, test } from 'bun:test'
import { type Change, compareConfigs } from '../../../src/config/changes/compare-configs.ts'
import type { Config } from '../../../src/config/schema.ts'
import { parse } from '../../support/config-text.ts'
import { renderManyTenants } from '../../support/many-tenants.ts'

const first = 'own-secret-of-the-first-client-1'
const second = 'own-secret-of-the-first-client-2'
const password = 'a-password-of-ada-lovelace'

const base = `
tenants:
  acme:
    name: Acme
    oauth2: { audience: [a, b], scopes: { read: Read, write: Write } }
    oidc: { session_ttl: 8h }
    users:
      ada: { email: ada@example.com, password: ${password} }
    clients:
      svc: { secret: ${first}, scopes: [read, write], claims: { plan: gold } }
  beta: { name: Beta, oauth2: {} }
`

async function changesTo(edit: (text: string) => string): Promise<readonly Change[]> {
  const [before, after]: Config[] = [(await parse(base)).config, (await parse(edit(base))).config]
  if (!before || !after) throw new Error('A configuration is missing')
  const changes = await compareConfigs(before, after)
  const text = JSON.stringify(changes)
  // Values of secrets and facts about people are in no change.
  for (const hidden of [first, second, password, 'sha256', 'ada@', 'gold', 'platinum', 'pass@'])
    expect(text).not.toContain(hidden)
  return changes
}

test('nothing differs from itself, from another order and from defaults that are written out', async () => {
  expect(await changesTo((text) => text)).toEqual([])
  expect(await changesTo((text) => text.replace('oauth2: {}', 'oauth2: { access_token_ttl: 60m }'))).toEqual(
    [],
  )
  expect(
    await changesTo((text) =>
      text.replace(`secret: ${first},`, '').replace('claims', `secret: ${first}, claims`),
    ),
  ).toEqual([])
})

test('tenants, clients and people that come and go, each with what comes of it', async () => {
  const gone = await changesTo((text) =>
    text
      .replace(/ {2}beta.*\n/, '  gamma: { name: Gamma }\n')
      .replace(/ {6}svc.*\n/, `      other: { secret: ${second} }\n`)
      .replace(/ {6}ada.*\n/, '      bob: { password: pass@word-of-bob }\n'),
  )
  expect(gone.map(({ what, change, tenant, id }) => [what, change, tenant, id].join(' ').trim())).toEqual([
    'client removed acme svc',
    'client added acme other',
    'person removed acme ada',
    'person added acme bob',
    'tenant removed beta',
    'tenant added gamma',
  ])
  expect(gone.map(({ effects }) => effects.length > 0)).toEqual([true, false, true, false, true, false])
})

test('settings: durations in words, lists and maps by what is new and gone', async () => {
  const [tenant] = await changesTo((text) =>
    text
      .replace(
        'audience: [a, b], scopes: { read: Read, write: Write }',
        'audience: [b, c], scopes: { read: R }, access_token_ttl: 90s',
      )
      .replace('scopes: [read, write]', 'scopes: [read]')
      .replace('session_ttl: 8h', 'session_ttl: 1d'),
  )
  expect(tenant).toMatchObject({
    what: 'tenant',
    settings: [
      { setting: 'oauth2.audience', added: ['c'], removed: ['a'] },
      { setting: 'oauth2.access_token_ttl', before: '1h', after: '90s' },
      { setting: 'oauth2.scopes', removed: ['write'] },
      { setting: 'oidc.session_ttl', before: '8h', after: '1d' },
    ],
  })
  expect(tenant?.effects).toContain('tokens that are issued already keep their end')
})

test('secrets, passwords and claims are named, and no value of them is shown', async () => {
  expect(
    await changesTo((text) =>
      text.replace(first, second).replace(password, 'another-password-of-ada').replace('gold', 'platinum'),
    ),
  ).toEqual([
    {
      ...{ what: 'client', change: 'changed', tenant: 'acme', id: 'svc' },
      settings: [{ setting: 'secret_hash' }, { setting: 'claims' }],
      effects: ['its old secret is wrong from then on'],
    },
    {
      ...{ what: 'person', change: 'changed', tenant: 'acme', id: 'ada' },
      settings: [{ setting: 'password_hash' }],
      effects: ['the old password is wrong from then on'],
    },
  ])
})

test('a second secret beside the old one ends nothing', async () => {
  const [client] = await changesTo((text) =>
    text.replace(
      `secret: ${first}`,
      `secrets: [{ id: old, hash: "sha256:${new Bun.CryptoHasher('sha256').update(first).digest('hex')}" }, { id: new, hash: "sha256:${'ab'.repeat(32)}" }]`,
    ),
  )
  expect(client?.effects).toEqual([])
})

test('settings of the server', async () => {
  const [server] = await changesTo(
    (text) => `server: { public_url: "https://id.example.com" }\nlimits: { enabled: false }\n${text}`,
  )
  expect(server?.settings).toEqual([
    { setting: 'server.public_url', before: 'null', after: 'https://id.example.com' },
    { setting: 'limits.enabled', before: 'true', after: 'false' },
  ])
  expect(server?.effects).toHaveLength(1)
})

test('many tenants are compared with pauses in between', async () => {
  const { config } = await parse(renderManyTenants({ tenants: 100, clients: 1 }))
  let pauses = 0
  await compareConfigs(config, config, async () => void pauses++)
  expect(pauses).toBe(5)
})

test('what comes of people, refresh tokens, keys and scopes of people', async () => {
  const effectsTo = async (...edits: (readonly [from: string, to: string])[]) => {
    const edit = (text: string) =>
      edits.reduce((changed, [from, to]) => {
        expect(changed).toContain(from)
        return changed.replace(from, to)
      }, text)
    return (await changesTo(edit)).flatMap(({ effects }) => effects)
  }
  const people = `users:\n      ada: { email: ada@example.com, password: ${password} }`
  expect(await effectsTo(['oidc: { session_ttl: 8h }', ''], [`${people}\n`, 'users: {}\n'])).toContain(
    'nobody can sign in any more, people are signed out and their tokens are refused',
  )
  expect(await effectsTo(['oauth2: {}', ''])).toEqual([
    'it issues no tokens any more, and those that there are are refused',
  ])
  expect(await effectsTo(['oauth2: {}', 'oauth2: { refresh_token_ttl: 1d }'])).toEqual([
    'a shorter time holds for the refresh tokens that there are, too',
  ])
  const hash = await Bun.password.hash(password, { algorithm: 'bcrypt', cost: 10 })
  expect(await effectsTo([`password: ${password}`, `password_hash: "${hash}"`])).toEqual([
    'only the password of the new hash is right from then on',
  ])
})

test('a client of people: refresh tokens end with their grant, and scopes of people count as before', async () => {
  const client = (more: string) =>
    `web: { secret: ${second}, redirect_uris: ["https://a.example.com/cb"], ${more} }\n      svc:`
  const both = async (old: string, next: string) => {
    const configs = await Promise.all(
      [old, next].map(async (more) => (await parse(base.replace('svc:', client(more)))).config),
    )
    const [before, after] = configs
    if (!before || !after) throw new Error('A configuration is missing')
    return (await compareConfigs(before, after)).flatMap(({ effects }) => effects)
  }
  const grants = 'grant_types: [authorization_code, refresh_token], scopes: [read, email]'
  expect(await both(grants, grants.replace(', refresh_token', ''))).toEqual([
    'its refresh tokens are refused',
  ])
  expect(await both(grants, grants.replace(', email', ''))).toEqual([])
  expect(await both(grants, grants.replace('read, ', ''))).toEqual(['its tokens count without read'])
})
