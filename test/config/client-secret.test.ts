import { expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ConfigSurroundings, faultsOf, parse, secretFrom } from '../support/config-text.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const kinds = 'secret, secret_env, secret_file, secret_hash, secrets'
const app = 'tenants.acme.clients.app'

async function hashOf(line: string, surroundings?: ConfigSurroundings): Promise<unknown> {
  const { config } = await parse(secretFrom(line), surroundings)
  const { secret, secret_env, secret_file, secret_hash } = config.tenants['acme']?.clients['app'] ?? {}
  expect([secret, secret_env, secret_file]).toEqual([null, null, null])
  return secret_hash
}

const counts: readonly [what: string, line: string, found: string][] = [
  ['no secret', 'active: true', 'none'],
  ['a secret that is null', 'secret: null', 'none'],
  ['two secrets', 'secret: own-secret-1\n        secret_env: APP', 'secret, secret_env'],
  [
    'all five',
    `secret: a\n        secret_env: B\n        secret_file: c\n        secret_hash: ${sha256('d')}\n        secrets: [{ id: e, env: E }]`,
    kinds,
  ],
]
test.each(counts)('a client with %s is refused', async (_what, line, found) => {
  expect(await faultsOf(secretFrom(line))).toEqual([
    `config.yaml:5:7: ${app} wants exactly one of ${kinds}; it has ${found}`,
  ])
})

test.each(['secret', 'secret_env', 'secret_file'])('an empty %s is refused', async (kind) => {
  expect(await faultsOf(secretFrom(`${kind}: ""`))).toEqual([
    `config.yaml:6:${kind.length + 11}: ${app}.${kind} is "", wanted a text that is not empty`,
  ])
})

test('a secret that is a list or a map is refused and not quoted', async () => {
  const fault = (what: string) => [`config.yaml:6:17: ${app}.secret is ${what}, wanted a single value`]
  expect(await faultsOf(secretFrom('secret: [own-secret-1]'))).toEqual(fault('a list'))
  expect(await faultsOf(secretFrom('secret: { a: own-secret-1 }'))).toEqual(fault('a map'))
})

test('a secret becomes its SHA-256, and nothing of it stays', async () => {
  expect(await hashOf('secret: own-secret-1')).toBe(sha256('own-secret-1'))
  const { config, warnings } = await parse(secretFrom('secret: own-secret-1'))
  expect(JSON.stringify({ config, warnings })).not.toContain('own-secret-1')
})

test('an environment variable gives the secret, as it is', async () => {
  expect(await hashOf('secret_env: APP', { environment: { APP: ' with  spaces ' } })).toBe(
    sha256(' with  spaces '),
  )
})
test('an environment variable that is not set, or empty, is refused', async () => {
  const text = secretFrom('secret_env: APP_SECRET')
  const fault = `config.yaml:6:9: ${app}.secret_env names the environment variable APP_SECRET, which is`
  expect(await faultsOf(text)).toEqual([`${fault} not set; set it where grantd is started`])
  expect(await faultsOf(text, { environment: { APP_SECRET: '' } })).toEqual([
    `${fault} empty; set it where grantd is started`,
  ])
})

const contents: readonly [content: string, secret: string][] = [
  ['s3cret', 's3cret'],
  ['s3cret\n', 's3cret'],
  ['s3cret\r\n', 's3cret'],
  ['\ufeffs3cret\r\n', 's3cret'],
  [' s3cret \n', ' s3cret '],
]
test.each(contents)('a file with %j gives the secret %j', (content, secret) =>
  withTempFolder(async (folder) => {
    await writeFile(join(folder, 'app.secret'), content)
    expect(await hashOf('secret_file: app.secret', { folder })).toBe(sha256(secret))
    expect(await hashOf(`secret_file: ${folder}/app.secret`)).toBe(sha256(secret))
  }),
)
test.each(['', '\n', '\r\n'])('a file with %j is refused as empty', (content) =>
  withTempFolder(async (folder) => {
    await writeFile(join(folder, 'app.secret'), content)
    expect(await faultsOf(secretFrom('secret_file: app.secret'), { folder })).toEqual([
      `config.yaml:6:9: ${app}.secret_file names the file app.secret, which is empty; write the value into it`,
    ])
  }),
)
test('a secret file that is missing, a folder, or not UTF-8 is refused', () =>
  withTempFolder(async (folder) => {
    await mkdir(join(folder, 'folder'))
    await writeFile(join(folder, 'latin1'), Buffer.from([0x73, 0xe9]))
    const fault = async (file: string) => faultsOf(secretFrom(`secret_file: ${file}`), { folder })
    const message = (file: string, reason: string) => [
      `config.yaml:6:9: ${app}.secret_file names the file ${file}, which ${reason}`,
    ]
    expect(await fault('missing')).toEqual(
      message(
        'missing',
        `cannot be read at ${folder}/missing: ENOENT; there is no such file or folder; check the path`,
      ),
    )
    expect(await fault('folder')).toEqual(
      message('folder', `cannot be read at ${folder}/folder: it is not a file; name another file`),
    )
    expect(await fault('latin1')).toEqual(message('latin1', 'is not UTF-8; write it anew'))
  }))

const argon2 = '$argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'
const bcrypt = `$2b$10$${'a'.repeat(53)}`

test.each([sha256('x'), sha256('x').toUpperCase().replace('SHA256', 'sha256'), argon2, bcrypt])(
  'the hash %s is kept as it is',
  async (hash) => {
    expect(await hashOf(`secret_hash: ${hash}`)).toBe(hash)
  },
)

const malformed = [
  'sha256:SECRETSECRET',
  sha256('x').slice(0, -1),
  `${sha256('x')}0`,
  sha256('x').replace('sha256', 'sha512'),
  sha256('x').slice(7),
  argon2.replace('argon2id', 'argon2i'),
  argon2.replace('m=65536', 'm=0'),
  argon2.replace('t=2', 't=0'),
  argon2.slice(0, 40),
  argon2.replace('t=2', 't=99'),
  argon2.replace('m=65536,t=2', 'm=999999,t=5'),
  bcrypt.replace('$10$', '$17$'),
  bcrypt.replace('$10$', '$31$'),
  bcrypt.slice(0, -1),
  bcrypt.replace('$10$', '$03$'),
  bcrypt.replace('$2b$', '$2x$'),
  'own-secret-in-the-wrong-place',
]
test.each(malformed)('the hash %s is refused and not quoted', async (hash) => {
  const faults = await faultsOf(secretFrom(`secret_hash: "${hash}"`))
  expect(faults).toEqual([
    `config.yaml:6:22: ${app}.secret_hash is malformed, wanted sha256: and 64 hex digits, or a whole hash of argon2id (m times t at most 4194304) or bcrypt (cost at most 16)`,
  ])
  expect(faults.join()).not.toContain(hash)
})

test('a slow hash is refused where the runtime has none, a fast one is not', async () => {
  expect(await faultsOf(secretFrom(`secret_hash: ${bcrypt}`), { slowHashes: false })).toEqual([
    `config.yaml:6:9: ${app}.secret_hash is a slow hash, which this runtime cannot check; use sha256:<hex>, or run the executable`,
  ])
  expect(await faultsOf(secretFrom(`secret_hash: ${sha256('x')}`), { slowHashes: false })).toEqual([])
})
