import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderFault } from '../../src/config/fault.ts'
import { type ConfigSurroundings, faultsOf, parse } from '../support/config-text.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const text = (head: string) => `${head}\ntenants: { acme: { name: Acme } }\n`

async function storageOf(head: string, surroundings?: ConfigSurroundings) {
  return (await parse(text(head), surroundings)).storage
}

const url = 'postgres://grantd@db.example/grantd'
const noHosts =
  'has hosts or ports that cannot be read; write them as HOST:PORT,HOST:PORT before the database, or as ?host=HOST,HOST&port=PORT,PORT'
const defaults = {
  kind: 'postgres',
  url,
  password: undefined,
  caCertificate: undefined,
  pool: 10,
  connectTimeoutMs: 2000,
  statementTimeoutMs: 2000,
} as const

describe('the storage', () => {
  test('is SQLite by default, and by name', async () => {
    expect(await storageOf('# nothing')).toEqual({ kind: 'sqlite' })
    expect(await storageOf('storage: sqlite')).toEqual({ kind: 'sqlite' })
  })

  test('can be the memory, with a warning of what that means', async () => {
    const { storage, warnings } = await parse(text('storage: memory'))
    expect(storage).toEqual({ kind: 'memory' })
    expect(warnings.map(renderFault)).toEqual([
      'config.yaml:1:1: storage is memory: what was revoked or created is forgotten when the server stops',
    ])
  })

  test('can be Postgres, whichever way its scheme is written', async () => {
    expect(await storageOf(`storage: ${url}`)).toEqual(defaults)
    const long = url.replace('postgres', 'postgresql')
    expect(await storageOf(`storage: ${long}`)).toEqual({ ...defaults, url: long })
  })

  test.each([
    'SQLite',
    'sqlite3',
    'postgres',
    'postgres:',
    'postgres://',
    'POSTGRES://u:hidden-password@h/d',
    'mysql://u:hidden-password@h/d',
    'postgres://u:hidden password@h/d',
    ' memory',
    '',
  ])('%j is refused and not quoted', async (named) => {
    const faults = await faultsOf(text(`storage: ${JSON.stringify(named)}`))
    expect(faults).toEqual([
      'config.yaml:1:10: storage is malformed, wanted sqlite, memory, or a URL that starts with postgres://',
    ])
  })

  test.each([
    'postgres://u:hidden-password@h:99999/d',
    'postgres://u:hidden-password@[::1/d',
    'postgres://u:hidden-password@h:x/d',
  ])('%s has no such host: it is refused and not quoted', async (named) => {
    expect(await faultsOf(text(`storage: "${named}"`))).toEqual([`config.yaml:1:1: storage ${noHosts}`])
  })

  test.each([
    [
      'postgres://u:hidden-password@h/d?sslmode=prefer',
      'has sslmode=prefer; choose one of disable, require, verify-ca, verify-full',
    ],
    ['postgres://u:hidden%password@h/d', 'has a percent sign that escapes nothing; write %25 for it'],
    [
      'postgres://hidden-password/d',
      'has no user, or a password that is not percent-encoded; write it as postgres://USER:PASSWORD@HOST/DATABASE',
    ],
  ])('%s is refused with its place', async (named, fault) => {
    expect(await faultsOf(`# first\n${text(`storage: ${named}`)}`)).toEqual([
      `config.yaml:2:1: storage ${fault}`,
    ])
  })

  test.each([
    'postgres://u@a:5432,b:5433/d?target_session_attrs=read-write',
    'postgres://u@/d?host=a,b&port=1,2',
    'postgres://u@%2Frun%2Fpostgresql/d?search_path=auth',
  ])('%s names several hosts or a socket, and is taken as it is', async (named) => {
    expect(await storageOf(`storage: ${named}`)).toEqual({ ...defaults, url: named })
  })

  test.each(['[postgres://u:hidden-password@h/d]', '{ url: postgres://u:hidden-password@h/d }', 'null'])(
    '%s is refused and not quoted',
    async (yaml) => {
      const faults = await faultsOf(text(`storage: ${yaml}`))
      expect(faults).toHaveLength(1)
      expect(faults[0]).toStartWith('config.yaml:1:10: storage is ')
      expect(faults[0]).not.toContain('hidden-password')
    },
  )

  test('is not quoted by any other fault of the file', async () => {
    const faults = await faultsOf('storage: postgres://u:hidden-password@h/d\nstorrage: 1\ntenants: 5\n')
    expect(faults).toHaveLength(2)
    expect(faults.join()).not.toContain('hidden-password')
    const broken = await faultsOf('storage: "postgres://u:hidden-password@h/d\n')
    expect(broken).not.toEqual([])
    expect(broken.join()).not.toContain('hidden-password')
  })
})

describe('GRANTD_STORAGE', () => {
  const from = (GRANTD_STORAGE: string) => ({ environment: { GRANTD_STORAGE } })

  test('takes the place of the file', async () => {
    expect(await storageOf('storage: memory', from('sqlite'))).toEqual({ kind: 'sqlite' })
    expect(await storageOf('storage: sqlite', from(url))).toEqual(defaults)
    expect(await storageOf('# nothing', from('memory'))).toEqual({ kind: 'memory' })
  })

  test('that is empty leaves the file as it is', async () => {
    expect(await storageOf('storage: memory', from(''))).toEqual({ kind: 'memory' })
  })

  test('leaves a broken storage of the file a fault', async () => {
    expect(await faultsOf(text('storage: nonsense'), from('sqlite'))).toEqual([
      'config.yaml:1:10: storage is malformed, wanted sqlite, memory, or a URL that starts with postgres://',
    ])
  })

  test.each([
    'nonsense',
    'mysql://u:hidden-password@h/d',
    'SQLITE',
    ' sqlite',
    'postgres://',
    'postgres://u:hidden password@h/d',
  ])('that is %j is refused and not quoted', async (named) => {
    expect(await faultsOf(text('storage: memory'), from(named))).toEqual([
      'config.yaml:1:1: GRANTD_STORAGE is not sqlite, memory or a URL that starts with postgres://',
    ])
  })

  test.each(['postgres://u:hidden-password@h:99999/d', 'postgres://u:hidden-password@[::1/d'])(
    'that is %j has no such host: it is refused by its own name and not quoted',
    async (named) => {
      expect(await faultsOf(text('data_dir: ./x'), from(named))).toEqual([
        `config.yaml:1:1: GRANTD_STORAGE ${noHosts}`,
      ])
    },
  )
})

describe('the password of Postgres', () => {
  const postgres = (settings: string) => `storage: ${url}\npostgres: { ${settings} }`

  test('can be in an environment variable, as it is', async () => {
    const environment = { DB: ' with spaces ' }
    expect(await storageOf(postgres('password_env: DB'), { environment })).toEqual({
      ...defaults,
      password: ' with spaces ',
    })
  })

  test('can be in a file, of which one line end is cut, and so can the authority', () =>
    withTempFolder(async (folder) => {
      await writeFile(join(folder, 'db.password'), 'hidden-password\n')
      await writeFile(join(folder, 'ca.pem'), '-----BEGIN CERTIFICATE-----\n')
      const settings = 'password_file: db.password, ca_file: ca.pem'
      expect(await storageOf(postgres(settings), { folder })).toEqual({
        ...defaults,
        password: 'hidden-password',
        caCertificate: '-----BEGIN CERTIFICATE-----',
      })
    }))

  test.each([
    ['password\n', 'ends with a line end; cut it off (printf %s writes none)'],
    [
      `\${DB_PASSWORD}`,
      `has \${...} in it, which grantd does not fill in; give the value itself, or name a variable that has it`,
    ],
  ])('that is %j is refused and not quoted', async (password, fault) => {
    const surroundings = { environment: { DB: password } }
    expect(await faultsOf(postgres('password_env: DB'), surroundings)).toEqual([
      `config.yaml:2:13: postgres.password_env names the environment variable DB, which ${fault}`,
    ])
  })

  test('is no placeholder in the URL, wherever that comes from', async () => {
    const placeholder = `postgres://grantd:\${PW}@db.example.com/grantd`
    const fault = `has \${...} in it, which grantd does not fill in`
    expect(await faultsOf(`storage: "${placeholder}"`)).toEqual([
      `config.yaml:1:10: storage ${fault}; write the value itself`,
    ])
    expect(await faultsOf('storage: sqlite', { environment: { GRANTD_STORAGE: placeholder } })).toEqual([
      `config.yaml:1:1: GRANTD_STORAGE ${fault}; give the whole URL`,
    ])
  })

  test('in both is refused', async () => {
    const surroundings = { environment: { DB: 'hidden-password' } }
    const faults = await faultsOf(postgres('password_env: DB, password_file: missing'), surroundings)
    expect(faults).toEqual([
      'config.yaml:2:1: postgres wants at most one of password_env, password_file; it has both',
    ])
  })

  const gone = 'cannot be read at /nowhere/missing: ENOENT; there is no such file or folder; check the path'
  test.each([
    [
      'password_env: DB',
      'password_env names the environment variable DB, which is not set; set it where grantd is started',
    ],
    ['password_file: missing', `password_file names the file missing, which ${gone}`],
    ['ca_file: missing', `ca_file names the file missing, which ${gone}`],
  ])('that %s cannot give is a fault', async (settings, message) => {
    expect(await faultsOf(text(postgres(settings)))).toEqual([`config.yaml:2:13: postgres.${message}`])
  })

  test.each([
    [
      'password_env: DB',
      'password_env names the environment variable DB, which is empty; set it where grantd is started',
    ],
    ['password_file: empty', 'password_file names the file empty, which is empty; write the value into it'],
    ['ca_file: empty', 'ca_file names the file empty, which is empty; write the value into it'],
  ])('that %s has empty is a fault', (settings, message) =>
    withTempFolder(async (folder) => {
      await writeFile(join(folder, 'empty'), '\n')
      const surroundings = { folder, environment: { DB: '' } }
      expect(await faultsOf(text(postgres(settings)), surroundings)).toEqual([
        `config.yaml:2:13: postgres.${message}`,
      ])
    }),
  )

  test('has an authority that is PEM', () =>
    withTempFolder(async (folder) => {
      await writeFile(join(folder, 'ca.der'), '0')
      expect(await faultsOf(text(postgres('ca_file: ca.der')), { folder })).toEqual([
        'config.yaml:2:13: postgres.ca_file names the file ca.der, which has no certificate in it, wanted PEM with -----BEGIN CERTIFICATE-----',
      ])
    }))

  test('is not looked for where the storage is another', async () => {
    expect(await storageOf('postgres: { password_env: DB, ca_file: missing }')).toEqual({ kind: 'sqlite' })
  })
})

describe('how Postgres is reached', () => {
  const postgres = (settings: string) => `storage: ${url}\npostgres: { ${settings} }`

  test('is what the file says', async () => {
    expect(await storageOf(postgres('pool: 3, connect_timeout: 30s, statement_timeout: 1m'))).toEqual({
      ...defaults,
      pool: 3,
      connectTimeoutMs: 30_000,
      statementTimeoutMs: 60_000,
    })
  })

  test.each([
    ['pool: 0', 'pool is "0", wanted a whole number from 1 to 1000', 19],
    ['pool: 1001', 'pool is "1001", wanted a whole number from 1 to 1000', 19],
    ['connect_timeout: 0', 'connect_timeout is "0", wanted 1 to 60 seconds', 30],
    ['connect_timeout: 2m', 'connect_timeout is "2m", wanted 1 to 60 seconds', 30],
    ['statement_timeout: 11m', 'statement_timeout is "11m", wanted 1 to 600 seconds', 32],
  ])('with %s is refused', async (settings, message, column) => {
    expect(await faultsOf(text(postgres(settings)))).toEqual([`config.yaml:2:${column}: postgres.${message}`])
  })

  test('has no password in clear', async () => {
    const [fault] = await faultsOf(text(postgres('password: hidden-password')))
    expect(fault).toStartWith('config.yaml:2:13: postgres.password is not a known key; ')
    expect(fault).not.toContain('hidden-password')
  })
})
