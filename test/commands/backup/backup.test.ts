import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateX25519Identity, identityToRecipient } from 'age-encryption'
import { runCommand } from '../../../src/commands/run.ts'
import { consents } from '../../../src/consents/consent-row.ts'
import { startSession } from '../../../src/sessions/sessions.ts'
import { openStorage } from '../../../src/storage/open.ts'
import { type MadeKey, managerToken, postKey } from '../../support/api-keys.ts'
import { callProtected, platform, startTestApp, type TestApp, testStart } from '../../support/test-app.ts'
import { type Managed, startManaged } from '../management-kit.ts'

const tenants = `  people:
    name: People
    oauth2: { scopes: { api:read: R } }
    oidc: {}
    api_keys: { allowed_scopes: [api:read] }
    users: { eve: { email: eve@example.com, password: a-long-enough-password } }
    clients:
      svc: { secret: svc-secret-value-0123456789, scopes: [api:read, api-keys:manage] }
`

let managed: Managed
let backup = ''
let given: { token: string; apiKey: string; sid: string }
const svc = { client_id: 'svc', client_secret: 'svc-secret-value-0123456789' }

const use = async (app: TestApp, token: string) => (await callProtected(app, token)).status

const command = (args: readonly string[], input?: string) => managed.grantd(args, input)
const restore = (args: readonly string[]) =>
  runRestore([backup, '--identity-file', join(managed.folder, 'identity'), ...args])

const runRestore = (args: readonly string[], input?: string) => managed.grantd(['restore', ...args], input)

/** What a server on the restored data_dir says of what was given out before. */
async function stateOf(
  dataDir: string,
): Promise<{ token: number; apiKey: number; session: boolean; consents: number; link: unknown }> {
  const yaml = `data_dir: ${dataDir}\ntenants:\n${tenants}`
  const storage = await openStorage({ kind: 'sqlite', path: join(dataDir, 'grantd.db') }, platform)
  const app = await startTestApp(yaml, { storage })
  const { sessions } = await import('../../../src/sessions/session-row.ts')
  const { users } = await import('../../../src/users/user-row.ts')
  const rows = storage.of('people')
  const [user] = await rows.of(users).list({ limit: 1 })
  const state = {
    token: await use(app, given.token),
    apiKey: await use(app, given.apiKey),
    session: (await rows.of(sessions).find(given.sid)) !== undefined,
    consents: (await rows.of(consents).list({ limit: 9 })).length,
    link: user && 'value' in user ? user.value.link : undefined,
  }
  await app.close()
  await storage.close()
  return state
}

beforeAll(async () => {
  managed = await startManaged('', tenants)
  const { app, folder } = managed
  const identity = await generateX25519Identity()
  await writeFile(join(folder, 'identity'), `# created: today\n${identity}\n`)
  const made = (await (
    await postKey(app, 'create', {
      tenant: 'people',
      token: await managerToken(app, 'people', svc),
      body: { name: 'k', scopes: ['api:read'] },
    })
  ).json()) as MadeKey
  const tenant = await app.deps.tenants.find('people')
  const person = await app.deps.people.of({ id: 'people' }).findByUsername('eve')
  if (!tenant || !person) throw new Error('There is nobody')
  const { session } = await startSession(
    { tenant, person, authTime: 0, amr: ['pwd'], userAgent: null },
    app.deps,
  )
  const value = { scopes: ['api:read'], given_at: testStart }
  await app.deps.storage
    .of('people')
    .of(consents)
    .create({ id: `${person.sub} svc`, parent: person.sub, value })
  expect((await command(['user', 'add', '--tenant', 'people', '--email', 'ann@example.com'])).code).toBe(0)
  given = { token: await app.token('people', svc), apiKey: made.api_key, sid: session.sid }
  backup = join(folder, 'b.age')
  const recipient = await identityToRecipient(identity)
  const { code, out, err } = await command(['backup', '--to', backup, '--recipient', recipient])
  expect([code, err]).toEqual([0, ''])
  expect(out).toMatch(
    /^Backed up 3 tenants of .*\/data: \d+ files, \d+ bytes, encrypted to its recipients\n$/,
  )
  // Since then, everything is revoked, which the restored data_dir cannot know.
  expect((await command(['revoke', '--tenant', 'people', '--all'])).code).toBe(0)
  expect([await use(app, given.token), await use(app, given.apiKey)]).toEqual([401, 401])
})
afterAll(() => managed.close())

describe('after a restore', () => {
  test('nothing that was revoked since the backup comes alive, and the audit trail says so', async () => {
    const into = join(managed.folder, 'ended')
    const { code, out, err } = await restore(['--into', into])
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain(
      'grantd revoke --all-tenants --issued-before 2030-01-01T00:00:00.000Z: tokens, 1 session, 1 consent, 1 link\n',
    )
    expect(await stateOf(into)).toEqual({ token: 401, apiKey: 401, session: false, consents: 0, link: null })
    const trail = await command(['audit', 'export', '--tenant', 'people', '--data-dir', into])
    const last = JSON.parse(trail.out.trimEnd().split('\n').at(-1) ?? '')
    expect(last).toMatchObject({
      type: 'token.revoked',
      actor: 'shell',
      detail: { of: 'everything', before: '2030-01-01T00:00:00.000Z' },
    })
    expect(await readdir(join(into, 'restored-config'))).toEqual(['config.yaml'])
    expect((await command(['audit', 'verify', '--data-dir', into])).code).toBe(0)
  })

  test('API keys stay if that is wished, until the command that is printed ends them', async () => {
    const into = join(managed.folder, 'keys-kept')
    const { out } = await restore(['--into', into, '--keep-api-keys'])
    expect(out).toContain('; API keys stay, and grantd revoke --all-tenants --issued-before')
    expect(await stateOf(into)).toMatchObject({ token: 401, apiKey: 200, session: false })
    const ended = await command([
      'revoke',
      '--all-tenants',
      '--issued-before',
      '2030-01-01T00:00:00Z',
      '--data-dir',
      into,
    ])
    expect([ended.code, ended.err]).toEqual([0, ''])
    expect(await stateOf(into)).toMatchObject({ token: 401, apiKey: 401 })
  })

  test('everything stays with --keep-tokens, and the command that is printed ends it', async () => {
    const into = join(managed.folder, 'kept')
    const { out } = await restore(['--into', into, '--keep-tokens'])
    const printed = /until you run: grantd (revoke .*)\n/.exec(out)?.[1]?.split(' ') ?? []
    expect(await stateOf(into)).toMatchObject({ token: 200, apiKey: 200, session: true, consents: 1 })
    const ended = await command([...printed, '--data-dir', into])
    expect(ended.out).toContain(
      "Everything that the tenant 'people' issued by 2030-01-01T00:00:00.000Z is over, API keys too; sessions: 1, consents: 1, links: 1\n",
    )
    expect(await stateOf(into)).toMatchObject({
      token: 401,
      apiKey: 401,
      session: false,
      consents: 0,
      link: null,
    })
    const again = await command([...printed, '--data-dir', into, '--json'])
    const lines = again.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines.map(({ tenant }) => tenant).sort()).toEqual(['acme', 'other', 'people'])
    expect(lines[0]).toMatchObject({ sessions: 0, consents: 0, links: 0, api_keys: true })
  })

  test('a passphrase does as well, from a file and from standard input', async () => {
    const file = join(managed.folder, 'passphrase')
    await writeFile(file, 'correct horse battery staple\n')
    const to = join(managed.folder, 'p.age')
    const made = await command(['backup', '--to', to, '--passphrase-file', file, '--no-config', '--json'])
    expect(JSON.parse(made.out).parts.map(({ name }: { name: string }) => name)).not.toContain(
      'restored-config/config.yaml',
    )
    const { code, out } = await runRestore(
      [to, '--check', '--passphrase-stdin'],
      'correct horse battery staple',
    )
    expect([code, out]).toEqual([0, expect.stringContaining(`${to} is whole: 3 tenants and `)])
  })
})

test('the files that config.yaml includes come along, and keys elsewhere are named', async () => {
  const folder = join(managed.folder, 'including')
  await mkdir(join(folder, 'tenants.d'), { recursive: true })
  await writeFile(join(folder, 'tenants.d/a b.yaml'), 'tenants: { inside: { name: I, oauth2: {} } }\n')
  await writeFile(join(managed.folder, 'outside.yaml'), 'tenants: { outside: { name: O, oauth2: {} } }\n')
  await writeFile(join(folder, 'master'), `${'ab'.repeat(32)}\n`, { mode: 0o600 })
  const include = 'include: [tenants.d/*.yaml, ../outside.yaml]'
  const text = `data_dir: ${managed.folder}/data\nmaster_key_file: master\n${include}\ntenants: {}\n`
  await writeFile(join(folder, 'config.yaml'), text)
  let [out, err] = ['', '']
  const args = [
    'backup',
    '--config',
    join(folder, 'config.yaml'),
    '--to',
    join(folder, 'b'),
    '--plain',
    '--json',
  ]
  const code = await runCommand({
    ...platform,
    args,
    environment: () => undefined,
    writeOut: (written) => {
      out += written
    },
    writeError: (written) => {
      err += written
    },
  })
  expect([code, err]).toEqual([0, `warning: not in the backup: ${folder}/master (master_key_file)\n`])
  const names = JSON.parse(out).parts.map(({ name }: { name: string }) => name)
  const configs = names.filter((name: string) => name.startsWith('restored-config/'))
  expect(configs).toEqual([
    'restored-config/config.yaml',
    'restored-config/tenants.d/a_b.yaml',
    `restored-config/${managed.folder.slice(1).replaceAll('/', '_')}_outside.yaml`,
  ])
  const restored = await runRestore([join(folder, 'b'), '--into', join(folder, 'data')])
  expect(restored.out).toContain(`Not in the backup: ${folder}/master (master_key_file)\n`)
  expect(await readdir(join(folder, 'data/restored-config/tenants.d'))).toEqual(['a_b.yaml'])
})

describe('refused', () => {
  test.each<[string[], string]>([
    [[], 'backup wants --to'],
    [['--to', 'x'], 'backup wants a passphrase (--passphrase-file, --passphrase-stdin) or --recipient'],
    [['--to', 'x', '--plain', '--recipient', 'age1x'], '--plain and --recipient exclude each other'],
    [
      ['--to', 'x', '--plain', '--passphrase-stdin'],
      'backup wants one of a passphrase, --recipient and --plain',
    ],
    [
      ['--to', 'x', '--passphrase-file', 'y', '--passphrase-stdin'],
      '--passphrase-file and --passphrase-stdin exclude each other',
    ],
  ])('a backup with %j', async (args, sentence) => {
    const { code, err } = await command(['backup', ...args], 'a passphrase of the test')
    expect([code, err]).toEqual([2, expect.stringContaining(sentence)])
  })

  test('a recipient that is none, and a storage that has its own backups', async () => {
    const wrong = await command(['backup', '--to', join(managed.folder, 'x'), '--recipient', 'age1nothing'])
    expect([wrong.code, wrong.err]).toEqual([
      1,
      expect.stringContaining("The recipient 'age1nothing' is wrong"),
    ])
    const folder = join(managed.folder, 'postgres')
    await mkdir(folder)
    for (const [storage, sentence] of [
      ['postgres://grantd@localhost/grantd', 'back it up with pg_dump or point-in-time recovery'],
      ['memory', 'so there is nothing to back up'],
    ] as const) {
      await writeFile(join(folder, 'config.yaml'), `storage: ${storage}\ntenants: {}\n`)
      const args = ['backup', '--to', join(folder, 'x'), '--plain']
      let err = ''
      const code = await runCommand({
        ...platform,
        args: [...args, '--config', join(folder, 'config.yaml')],
        environment: () => undefined,
        writeError: (text) => {
          err += text
        },
      })
      expect([code, err]).toEqual([1, expect.stringContaining(sentence)])
    }
    expect(await readdir(folder)).toEqual(['config.yaml'])
  })

  test.each<[string[], string]>([
    [[], 'restore wants FILE'],
    [['x'], 'restore wants --into'],
  ])('a restore with %j', async (args, sentence) => {
    const { code, err } = await runRestore(args)
    expect([code, err]).toEqual([2, expect.stringContaining(sentence)])
  })

  test('a restore on a machine whose clock is behind the backup', async () => {
    const bytes = await readFile(backup)
    expect(bytes.length).toBeGreaterThan(1000)
    const into = join(managed.folder, 'behind')
    let err = ''
    const code = await runCommand({
      ...platform,
      args: ['restore', backup, '--identity-file', join(managed.folder, 'identity'), '--into', into],
      now: () => testStart - 1000,
      environment: () => undefined,
      writeError: (text) => {
        err += text
      },
    })
    expect([code, err]).toEqual([
      1,
      expect.stringContaining('set the clock, so that what was issued since can be ended'),
    ])
    expect(await readdir(managed.folder)).not.toContain('behind')
  })

  test.each<[string[], string]>([
    [
      ['--issued-before', '2030-01-01T00:00:00Z'],
      'revoke --issued-before wants one of --tenant and --all-tenants',
    ],
    [['--issued-before', 'x', '--all-tenants'], "--issued-before is 'x', wanted a time in UTC"],
    [
      ['--issued-before', '2030-01-01T00:00:00Z', '--tenant', 'acme', '--all'],
      '--issued-before and --all exclude each other',
    ],
    [['--all-tenants'], '--all-tenants goes with --issued-before'],
  ])('revoke with %j', async (args, sentence) => {
    const { code, err } = await command(['revoke', ...args])
    expect([code, err]).toEqual([2, expect.stringContaining(sentence)])
  })

  test('a time in the future', async () => {
    const { code, err } = await command([
      'revoke',
      '--all-tenants',
      '--issued-before',
      '2031-01-01T00:00:00Z',
    ])
    expect([code, err]).toEqual([1, expect.stringContaining('must not be in the future')])
  })
})
