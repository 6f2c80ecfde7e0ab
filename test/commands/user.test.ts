import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { setPasswordByLink } from '../../src/management/people/set-password.ts'
import { startSession } from '../../src/sessions/sessions.ts'
import type { Tenant } from '../../src/tenants/tenant.ts'
import { checkPassword } from '../../src/users/sign-in.ts'
import { type Managed, startManaged } from './management-kit.ts'

const people = `
  people:
    name: People
    oauth2: {}
    oidc: {}
    users: { eve: { password: eve-chose-a-password }, fay: { password: fay-chose-a-password, email: fay@example.com } }
`

let managed: Managed
let tenant: Tenant
beforeAll(async () => {
  managed = await startManaged('', people)
  const found = await managed.app.deps.tenants.find('people')
  if (!found) throw new Error('There is no tenant')
  tenant = found
})
afterAll(() => managed.close())

const password = 'a long new password'
const user = (word: string, ...more: string[]) =>
  managed.grantd(['user', word, '--tenant', 'people', ...more])
const userOf = (word: string, email: string, ...more: string[]) => user(word, '--email', email, ...more)
const add = async (email: string) => JSON.parse((await userOf('add', email, '--json')).out)
const signIn = async (username: string, tried = password) => {
  const outcome = await checkPassword(
    {
      ...{ tenant, username, password: tried, address: '192.0.2.1' },
      ...{ isKnownBrowser: async () => false, signal: new AbortController().signal },
    },
    managed.app.deps,
  )
  return 'person' in outcome ? 'in' : outcome.failure
}
const choose = (link: string) => {
  const text = new URL(link).searchParams.get('link') ?? ''
  return setPasswordByLink({ link: text, password, actor: {} }, tenant, managed.app.deps)
}

test('add prints a link, on which a running server takes a password', async () => {
  const { code, out, err } = await userOf(
    'add',
    'ada@example.com',
    '--name',
    'Ada Lovelace',
    '--groups',
    'a,b',
  )
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(
    /^Added 'ada@example\.com' to the tenant 'people'\nLink to choose a password, good once and for a day: send it to the person\n {2}http:\/\/localhost:3000\/api\/v1\/tenant\/people\/account\/password\?link=[\w-]{22}\.[\w-]{43}\n$/,
  )
  const link = out.split('\n')[2]?.trim() ?? ''
  expect(await choose(link)).toMatchObject({ sub: expect.any(String) })
  expect(await signIn('ada@example.com')).toBe('in')
  const shown = JSON.parse((await userOf('show', 'ADA@example.com', '--json')).out)
  expect(shown).toMatchObject({ name: 'Ada Lovelace', groups: ['a', 'b'], has_password: true })
  const text = (await userOf('show', 'ada@example.com')).out
  expect(text).toContain('name: Ada Lovelace\n')
  expect(text).not.toMatch(/\$argon2|hash/)
})

test('add --json prints the sub and the link for a script', async () => {
  const { out } = await userOf('add', 'json@example.com', '--email-verified', '--json')
  const added = JSON.parse(out)
  expect(added).toEqual({
    sub: expect.stringMatching(/^[\w-]{22}$/),
    email: 'json@example.com',
    link: expect.stringContaining(`link=${added.sub}.`),
    link_expires_at: '2030-01-02T00:00:00.000Z',
  })
  const shown = JSON.parse((await user('show', '--user', added.sub, '--json')).out)
  expect(shown.email_verified).toBe(true)
})

test('a tenant without oidc is said to be one where nobody signs in yet', async () => {
  const { out } = await managed.grantd(['user', 'add', '--tenant', 'other', '--email', 'a@example.com'])
  expect(out).toContain("The tenant 'other' has no oidc yet: nobody signs in until it has")
})

test('list names people of config.yaml and of the storage', async () => {
  await add('listed@example.com')
  const { out } = await user('list')
  expect(out).toMatch(/^[\w-]{22} {2}active {2}stored {2}listed@example\.com$/m)
  expect(out).toMatch(/^[\w-]{22} {2}active {2}config\.yaml {2}-$/m)
  const listed = JSON.parse((await user('list', '--json')).out)
  expect(listed.map(({ sub }: { sub: string }) => sub)).toEqual(
    listed.map(({ sub }: { sub: string }) => sub).toSorted(),
  )
})

test('disable ends everything, enable lets the person sign in again, and reset prints a new link', async () => {
  const { sub, link } = await add('switch@example.com')
  await choose(link)
  const { session } = await startSession(
    { tenant, person: { sub }, authTime: 0, amr: ['pwd'], userAgent: 'Lynx/2.9\u001b[2J' },
    managed.app.deps,
  )
  const sessions = (await userOf('sessions', 'switch@example.com')).out
  expect(sessions).toStartWith(`${session.sid}  since 2030-01-01T00:00:00.000Z  last used `)
  expect(sessions).not.toContain('\u001b')
  expect(JSON.parse((await user('sessions', '--user', sub, '--json')).out)).toHaveLength(1)
  expect((await userOf('disable', 'switch@example.com')).out).toBe(
    "'switch@example.com' is inactive now, and signed out everywhere\n",
  )
  expect(await signIn('switch@example.com')).toBe('wrong')
  expect((await userOf('sessions', 'switch@example.com')).out).toBe('')
  const refused = await userOf('reset', 'switch@example.com')
  expect([refused.code, refused.err]).toEqual([
    1,
    "grantd: Cannot reset the password of 'switch@example.com': The person is inactive; enable the person first\n",
  ])
  expect((await userOf('enable', 'switch@example.com')).out).toBe("'switch@example.com' is active now\n")
  expect(await signIn('switch@example.com')).toBe('in')
  const reset = JSON.parse((await userOf('reset', 'switch@example.com', '--json')).out)
  expect(reset).toEqual({ sub, link: expect.any(String), link_expires_at: '2030-01-02T00:00:00.000Z' })
})

test('sign-out and delete', async () => {
  const { sub } = await add('leaves@example.com')
  const session = () =>
    startSession({ tenant, person: { sub }, authTime: 0, amr: [], userAgent: null }, managed.app.deps)
  await session()
  expect((await userOf('sign-out', 'leaves@example.com', '--json')).out).toBe(`{"sub":"${sub}"}\n`)
  expect((await user('sessions', '--user', sub)).out).toBe('')
  expect((await userOf('delete', 'leaves@example.com')).out).toBe(
    "'leaves@example.com' is deleted, and signed out everywhere\n",
  )
  const { code, err } = await userOf('show', 'leaves@example.com')
  expect([code, err]).toEqual([
    1,
    "grantd: The tenant 'people' has no user 'leaves@example.com'; grantd user list --tenant people names them\n",
  ])
})

test('a person of config.yaml is shown and signed out, and not changed', async () => {
  expect((await user('show', '--user', 'eve')).out).toContain('source: config\n')
  expect((await user('sign-out', '--user', 'eve')).code).toBe(0)
  for (const word of ['disable', 'delete', 'reset']) {
    const { code, err } = await user(word, '--user', 'eve')
    expect([word, code]).toEqual([word, 1])
    expect(err).toContain(
      "'eve': The person is defined in config.yaml and read-only here; change it there, then run grantd reload",
    )
  }
})

test.each([
  [['show'], 'user wants --email ADDRESS or --user SUB to name the person'],
  [['show', '--email', 'a', '--user', 'b'], 'user wants --email ADDRESS or --user SUB to name the person'],
  [['add'], 'user add wants --email'],
  [['import'], 'user import wants FILE, or - for standard input'],
  [['show', '--password', 'x'], '--password'],
])('%p is a wrong use', async (args, complaint) => {
  const [word = '', ...more] = args
  const { code, err } = await user(word, ...more)
  expect(code).toBe(2)
  expect(err).toContain(complaint)
})

test('hash prints the hash of what is on standard input, which config.yaml takes', async () => {
  const { code, out } = await managed.grantd(['user', 'hash'], `${password}\n`)
  expect([code, out]).toEqual([0, expect.stringMatching(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$\S+\n$/)])
  expect((await managed.app.deps.signIns.passwords.verify(password, out.trim())).isRight).toBe(true)
  const none = await managed.grantd(['user', 'hash'])
  expect([none.code, none.err]).toEqual([2, expect.stringContaining('wants the password on standard input')])
  for (const wrong of ['', '\n', 'two\nlines', 'x'.repeat(1025)])
    expect((await managed.grantd(['user', 'hash'], wrong)).code).toBe(1)
})

test('add refuses an address that is taken or none', async () => {
  await add('twice@example.com')
  const again = await userOf('add', 'TWICE@example.com')
  expect([again.code, again.err]).toEqual([
    1,
    "grantd: Cannot add 'TWICE@example.com' to the tenant 'people': A person with this e-mail address exists already; grantd user show --tenant people --email TWICE@example.com shows the person, and grantd user reset --tenant people --email TWICE@example.com makes a new link to choose a password\n",
  ])
  expect((await userOf('add', 'fay@example.com')).err).toContain(
    'exists in config.yaml; change it there, then run grantd reload, or restart the server\n',
  )
  expect((await userOf('add', 'none')).err).toContain('The field email must be')
})

describe('import', () => {
  const write = async (name: string, text: string) => {
    const path = join(managed.folder, name)
    await Bun.write(path, text)
    return path
  }

  test('makes the people of JSON lines, who sign in with their old passwords, and nobody twice', async () => {
    const hash = await Bun.password.hash('the old password', { algorithm: 'bcrypt', cost: 4 })
    const lines = [
      { sub: 'old-1', email: 'one@example.com', password_hash: hash, email_verified: true },
      { email: 'two@example.com', name: 'Two' },
      { email: 'no address' },
      { email: 'three@example.com', password_hash: 'md5' },
    ]
    const path = await write(
      'people.jsonl',
      `${lines.map((each) => JSON.stringify(each)).join('\n')}\nhello\n`,
    )
    const { code, out } = await user('import', path)
    expect([code, out]).toEqual([
      1,
      [
        'Imported 2; 0 were there already and stay as they are',
        '1 without a password: grantd user reset makes a link for each of them',
        'Left out number 3: The field email must be an e-mail address such as ada@example.com',
        'Left out number 4: The field password_hash must be a whole argon2id, bcrypt or PBKDF2 hash',
        'Left out number 5: It is no JSON object',
        '',
      ].join('\n'),
    ])
    expect(await signIn('one@example.com', 'the old password')).toBe('in')
    const shown = JSON.parse((await user('show', '--user', 'old-1', '--json')).out)
    expect(shown).toMatchObject({ sub: 'old-1', email: 'one@example.com', email_verified: true })
    const again = JSON.parse((await user('import', path, '--json')).out)
    expect(again).toMatchObject({ created: 0, existing: 2, withoutPassword: 0 })
    expect(again.faults).toHaveLength(3)
  })

  test('reads an export of Keycloak from standard input', async () => {
    const users = Array.from({ length: 250 }, (_, at) => ({
      id: `kc-${at}`,
      username: `u${at}`,
      email: `u${at}@example.com`,
      enabled: at !== 7,
    }))
    const text = JSON.stringify({ realm: 'acme', users }, undefined, 2)
    const args = ['user', 'import', '-', '--tenant', 'people', '--json']
    const { code, out } = await managed.grantd(args, text)
    expect([code, JSON.parse(out)]).toEqual([
      0,
      { created: 250, existing: 0, withoutPassword: 250, faults: [] },
    ])
    expect(JSON.parse((await user('show', '--user', 'kc-7', '--json')).out)).toMatchObject({
      active: false,
      email: 'u7@example.com',
      attributes: { preferred_username: 'u7' },
    })
    expect(JSON.parse((await managed.grantd(args, text)).out)).toMatchObject({ created: 0, existing: 250 })
  })

  test('of a file that is not there says so', async () => {
    const { code, err } = await user('import', join(managed.folder, 'missing'))
    expect([code, err]).toEqual([1, expect.stringContaining(': ENOENT')])
  })
})
