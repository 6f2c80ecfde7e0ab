import { afterAll, beforeAll, expect, test } from 'bun:test'
import { pbkdf2Sync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findConsent, giveConsent } from '../../src/consents/consents.ts'
import { checkPassword } from '../../src/users/sign-in.ts'
import { realm } from '../import/import-kit.ts'
import { type Managed, startManaged } from './management-kit.ts'

let managed: Managed
beforeAll(async () => {
  managed = await startManaged()
})
afterAll(() => managed.close())

const secret = 'aK7sPq0Zx9wYb3nLm5tRv8cDe2fGh6jU'
const password = 'correct horse battery'

/** The realm of the tests, with the real hash of a password. */
function realmWithPassword(name: string) {
  const salt = Buffer.from('saltsaltsaltsalt')
  const value = pbkdf2Sync(password, salt, 1000, 32, 'sha256').toString('base64')
  const credential = {
    type: 'password',
    secretData: JSON.stringify({ value, salt: salt.toString('base64') }),
    credentialData: JSON.stringify({ hashIterations: 1000, algorithm: 'pbkdf2-sha256' }),
  }
  return {
    ...realm,
    realm: name,
    users: [{ ...realm.users[0], credentials: [credential] }, ...realm.users.slice(1)],
  }
}

async function importFile(value: unknown, args: readonly string[]) {
  const file = join(managed.folder, 'export')
  await writeFile(file, typeof value === 'string' ? value : JSON.stringify(value))
  return managed.grantd(['import', file, ...args])
}

async function signIn(tenantId: string, username: string, typed: string): Promise<boolean> {
  const { deps } = managed.app
  const tenant = await deps.tenants.find(tenantId)
  if (!tenant) throw new Error('no tenant')
  const attempt = {
    tenant,
    username,
    password: typed,
    address: undefined,
    isKnownBrowser: async () => true,
    signal: new AbortController().signal,
  }
  return 'person' in (await checkPassword(attempt, deps))
}

test('a realm: says first what would come, then takes it over, and a second time finds everything there', async () => {
  const file = realmWithPassword('shop')
  const dry = await importFile(file, ['--from', 'keycloak'])
  expect([dry.code, dry.err]).toEqual([1, ''])
  expect(dry.out).toContain("would make the tenant 'shop'\n")
  expect(dry.out).toContain("  would make client 'masked': client_credentials; without a secret\n")
  expect(dry.out).toContain('  would make 1 person, 0 of them without a password; 0 are there already\n')
  expect(dry.out).toContain("  left out: client 'account': it is of Keycloak itself (as it should be)\n")
  expect(dry.out).toEndWith('Nothing is changed yet: repeat the command with --apply\n')
  expect(await managed.app.deps.tenants.findAny('shop')).toBeUndefined()

  const done = await importFile(file, ['--from', 'keycloak', '--apply'])
  // The same lines, but for the tense.
  expect(done.out).toBe(dry.out.replaceAll('would make', 'made').replace(/Nothing is changed yet.*\n$/, ''))
  await managed.app.token('shop', { client_id: 'web', client_secret: secret, scope: 'orders:read' })
  const wrong = await managed.app.post('shop', {
    grant_type: 'client_credentials',
    client_id: 'masked',
    client_secret: '**********',
  })
  expect(wrong.status).toBe(401)
  expect(await signIn('shop', 'peter@example.com', password)).toBe(true)
  expect(await signIn('shop', 'peter@example.com', `${password}!`)).toBe(false)

  const again = await importFile(file, ['--from', 'keycloak', '--apply'])
  expect(again.out).toContain("the tenant 'shop' is there already and stays as it is\n")
  expect(again.out).toContain("  client 'web' is there already and stays as it is\n")
  expect(again.out).toContain('  made 0 people, 0 of them without a password; 1 are there already\n')
  expect(again.out).not.toContain("made client '")
  const { out } = await managed.grantd(['audit', 'export', '--tenant', 'shop'])
  const types = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).type)
  expect(types.filter((type) => type === 'client.created')).toHaveLength(3)
  expect(types.filter((type) => type === 'user.imported')).toHaveLength(1)
})

test('clients of Hydra come into a tenant that is there, with those scopes that it has', async () => {
  const hash = await Bun.password.hash('an-old-secret-of-hydra', { algorithm: 'bcrypt', cost: 4 })
  const clients = [
    { client_id: 'old', client_secret: hash, grant_types: ['client_credentials'], scope: 'api:read other' },
    { client_id: 'plain', grant_types: ['client_credentials'] },
    {
      client_id: 'web',
      grant_types: ['authorization_code'],
      redirect_uris: ['https://a.example.com/cb'],
      client_secret: hash,
    },
  ]
  const { code, out } = await importFile({ items: clients }, [
    '--from',
    'hydra',
    '--tenant',
    'acme',
    '--apply',
  ])
  expect([code, out]).toEqual([
    1,
    [
      "the tenant 'acme' is there already and stays as it is",
      "  made client 'old': client_credentials; with its secret",
      "  client 'plain' is there already and stays as it is",
      '  made 0 people, 0 of them without a password; 0 are there already',
      "  left out: client 'plain': secret: the file does not have it; make one with grantd secret rotate",
      "  left out: client 'old': scope 'other': the tenant does not have it; add it to the tenant first",
      "  left out: client 'web': The field grant_types has a grant that signs people in, which wants oidc at the tenant",
      '',
    ].join('\n'),
  ])
  await managed.app.token('acme', { client_id: 'old', client_secret: 'an-old-secret-of-hydra' })
  // Of config.yaml, and as it was.
  await managed.app.token('acme', { client_id: 'plain', client_secret: 'plain-secret-value' })
})

test('people of Auth0 sign in with the passwords that they have', async () => {
  const passwordHash = await Bun.password.hash(password, { algorithm: 'bcrypt', cost: 4 })
  const lines = [
    { _id: { $oid: '5dea' }, email: 'rosa@example.com', email_verified: true, passwordHash },
    { _id: { $oid: '5deb' }, email: 'not an address' },
    { _id: { $oid: '5dec' }, email: 'rosa@example.com' },
  ]
  const text = lines.map((line) => JSON.stringify(line)).join('\n')
  const args = ['--from', 'auth0', '--tenant', 'club', '--json']
  const dry = JSON.parse((await importFile(text, args)).out)
  const done = JSON.parse((await importFile(text, [...args, '--apply'])).out)
  expect(done).toEqual({ ...dry, applied: true })
  expect(done.tenants[0].people).toEqual({ created: 1, existing: 0, withoutPassword: 0 })
  expect(done.tenants[0].leftOut).toEqual([
    { what: 'person number 2', why: expect.stringContaining('email'), isExpected: false },
    {
      what: 'person number 3',
      why: 'A person before it in the file has the sub or the e-mail address',
      isExpected: false,
    },
  ])
  const again = JSON.parse((await importFile(text, [...args, '--apply'])).out)
  expect(again.tenants[0].people).toEqual({ created: 0, existing: 1, withoutPassword: 0 })
  expect(again.tenants[0].leftOut).toEqual(done.tenants[0].leftOut)
  expect(await signIn('club', 'rosa@example.com', password)).toBe(true)
  expect(JSON.stringify(done)).not.toContain(passwordHash)
})

test('a secret that is easy to guess is told at its client', async () => {
  const client = { client_id: 'guessed', grant_types: ['client_credentials'], client_secret: 'secret' }
  const { out } = await importFile([client], ['--from', 'hydra', '--tenant', 'acme'])
  expect(out).toContain(
    "would make client 'guessed': client_credentials; with its secret, which is easy to guess; make another one with grantd secret rotate\n",
  )
})

test('a failure of one client makes none of them', async () => {
  const { deps } = managed.app
  const { importClients } = await import('../../src/management/import/import-clients.ts')
  const tenant = await deps.tenants.find('shop')
  if (!tenant) throw new Error('no tenant')
  const patch = { grant_types: ['client_credentials'] }
  const clients = ['one', 'two', 'web'].map((id) => ({ id, patch, secretHash: null }))
  const attempt = importClients({ clients, actor: { name: 'shell' } }, tenant, {
    ...deps,
    keyring: deps.keyring,
  })
  await expect(attempt).rejects.toThrow('A client of this id exists already')
  expect(await deps.clients.of('shop').find('one')).toBeUndefined()
})

test('a client under the id of one that left config.yaml inherits no consent', async () => {
  const { deps } = managed.app
  const key = { tenantId: 'shop', sub: 'Ada', clientId: 'gone' }
  await giveConsent({ ...key, scopes: ['openid'] }, deps)
  const { code } = await importFile({ client_id: 'gone', grant_types: ['client_credentials'] }, [
    ...['--from', 'hydra', '--tenant', 'shop', '--apply'],
  ])
  expect(code).toBe(1)
  expect(await deps.clients.of('shop').find('gone')).toBeDefined()
  expect(await findConsent(key, deps)).toBeUndefined()
})

test('names of a file do nothing to a terminal', async () => {
  const bad = 'x\u001b[2J\u0007<script>alert(1)</script>'
  const file = {
    realm: 'evil',
    clients: [{ clientId: bad, name: bad, serviceAccountsEnabled: true, secret: bad, redirectUris: [bad] }],
  }
  const { code, out } = await importFile(file, ['--from', 'keycloak', '--apply'])
  expect(code).toBe(1)
  expect(out).not.toContain('\u001b')
  expect(out).not.toContain('\u0007')
})

test.each<[unknown, string[], number, string]>([
  [{}, [], 2, 'import wants --from SERVER\n'],
  [{}, ['--from', 'okta'], 2, "--from is 'okta', wanted one of keycloak, hydra, auth0"],
  [{}, ['--from', 'keycloak'], 1, 'wanted the export of a realm'],
  ['no json', ['--from', 'hydra'], 1, 'wanted a list of clients'],
  [[{ client_id: 'x' }], ['--from', 'hydra'], 2, 'import wants --tenant, because the file names no tenant'],
  [{ realm: 'a b' }, ['--from', 'keycloak'], 2, "The tenant 'a b' has a name that no tenant can have here"],
  [[{ realm: 'a' }, { realm: 'b' }], ['--from', 'keycloak', '--tenant', 'c'], 2, 'The file has 2 realms'],
])('%j with %j is refused', async (value, args, wantedCode, sentence) => {
  const { code, err } = await importFile(value, args)
  expect([code, err]).toEqual([wantedCode, expect.stringContaining(sentence)])
})

test('a file that is missing', async () => {
  const { code, err } = await managed.grantd(['import', join(managed.folder, 'none'), '--from', 'hydra'])
  expect([code, err]).toEqual([1, expect.stringContaining('ENOENT')])
})
