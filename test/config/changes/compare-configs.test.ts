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
