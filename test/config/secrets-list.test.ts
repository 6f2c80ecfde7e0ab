import { describe, expect, test } from 'bun:test'
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type ConfigSurroundings, faultsOf, parse } from '../support/config-text.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const sha256 = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`
const hash = sha256('s')
const argon2 = '$argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g'
const here = 'tenants.acme.clients.app.secrets'

/** A client whose secrets are these lines, the first in line 7, each from column 13 on. */
const list = (...items: readonly string[]) =>
  `tenants:\n  acme:\n    name: Acme\n    clients:\n      app:\n        secrets:\n${items.map((item) => `          - ${item}\n`).join('')}`

async function secretsOf(text: string, surroundings?: ConfigSurroundings) {
  const { config } = await parse(text, surroundings)
  return config.tenants['acme']?.clients['app']?.secrets
}

const rest = { env: null, file: null, not_before: null, expires_at: null }

test('secrets become their hashes, whichever way they are given, and nothing of them stays', () =>
  withTempFolder(async (folder) => {
    await writeFile(join(folder, 'app.secret'), 'from-a-file\n')
    const text = list(
      `{ id: a, hash: "${argon2}" }`,
      '{ id: b, env: APP, not_before: 2030-01-01T00:00:00Z }',
      '{ id: c, file: app.secret, expires_at: "2030-01-01T00:00:00.001Z" }',
    )
    const surroundings = { folder, environment: { APP: 'from-the-environment' } }
    expect(await secretsOf(text, surroundings)).toEqual([
      { ...rest, id: 'a', hash: argon2 },
      { ...rest, id: 'b', hash: sha256('from-the-environment'), not_before: '2030-01-01T00:00:00Z' },
      { ...rest, id: 'c', hash: sha256('from-a-file'), expires_at: '2030-01-01T00:00:00.001Z' },
    ])
    const { config } = await parse(text, surroundings)
    expect(JSON.stringify(config)).not.toMatch(/from-a-file|from-the-environment|app\.secret|APP/)
    expect(config.tenants['acme']?.clients['app']).toMatchObject({ secret: null, secret_hash: null })
  }))

describe('the list', () => {
  test('beside another secret is refused', async () => {
    const text = `${list(`{ id: a, hash: "${hash}" }`)}        secret: own-secret-1\n`
    expect(await faultsOf(text)).toEqual([
      'config.yaml:5:7: tenants.acme.clients.app wants exactly one of secret, secret_env, secret_file, secret_hash, secrets; it has secret, secrets',
    ])
  })

  test('that is empty is refused', async () => {
    const text = list().replace('secrets:', 'secrets: []')
    expect(await faultsOf(text)).toEqual([`config.yaml:6:18: ${here} is a list, wanted at least one value`])
  })

  test('that is null is none', async () => {
    expect(await faultsOf(list().replace('secrets:', 'secrets: null'))).toEqual([
      'config.yaml:5:7: tenants.acme.clients.app wants exactly one of secret, secret_env, secret_file, secret_hash, secrets; it has none',
    ])
  })

  test('that is a map, or a text, is refused and not quoted', async () => {
    expect(await faultsOf(list().replace('secrets:', 'secrets: own-secret-1'))).toEqual([
      `config.yaml:6:18: ${here} is a single value, wanted a list`,
    ])
    expect(await faultsOf(list('own-secret-1'))).toEqual([
      `config.yaml:7:13: ${here}[0] is a single value, wanted a map`,
    ])
  })
})

describe('an id', () => {
  test('that another secret has is refused at the second, and each further one too', async () => {
    const text = list(
      `{ id: a, hash: "${hash}" }`,
      `{ id: b, hash: "${hash}" }`,
      `{ id: a, hash: "${hash}" }`,
      `{ hash: "${hash}", id: a }`,
    )
    const fault = (index: number) => `${here}[${index}].id is a, as that of another secret is`
    expect(await faultsOf(text)).toEqual([
      `config.yaml:9:15: ${fault(2)}`,
      `config.yaml:10:${13 + `{ hash: "${hash}", `.length}: ${fault(3)}`,
    ])
  })

  test('in other case is another, and so is that of another client', async () => {
    const text = `${list(`{ id: a, hash: "${hash}" }`, `{ id: A, hash: "${hash}" }`)}      two: { secrets: [{ id: a, hash: "${hash}" }] }\n`
    expect(await faultsOf(text)).toEqual([])
  })

  test('that is missing is refused', async () => {
    expect(await faultsOf(list(`{ hash: "${hash}" }`))).toEqual([
      `config.yaml:7:13: ${here}[0].id is missing; it is required`,
    ])
  })

  test.each([
    ['""', '""'],
    ['a b', '"a b"'],
    ['-a', '"-a"'],
    ['é', '"é"'],
    ['"a\\n"', '"a\\n"'],
  ])('%s is refused', async (yaml, quoted) => {
    expect(await faultsOf(list(`{ id: ${yaml}, hash: "${hash}" }`))).toEqual([
      `config.yaml:7:19: ${here}[0].id is ${quoted}, wanted 1 to 128 of A-Z a-z 0-9 . _ - and a letter or digit first`,
    ])
  })
})

describe('a secret', () => {
  test.each([
    ['none', '{ id: a }', 'none'],
    ['two', `{ id: a, hash: "${hash}", env: APP }`, 'hash, env'],
    ['all', `{ id: a, file: f, env: APP, hash: "${hash}" }`, 'hash, env, file'],
  ])('with %s of hash, env and file is refused', async (_, item, found) => {
    expect(await faultsOf(list(item))).toEqual([
      `config.yaml:7:13: ${here}[0] wants exactly one of hash, env, file; it has ${found}`,
    ])
  })

  test('in clear is not a thing of a list', async () => {
    const [fault, ...others] = await faultsOf(list(`{ id: a, secret: own-secret-1 }`))
    expect(fault).toBe(`config.yaml:7:13: ${here}[0] wants exactly one of hash, env, file; it has none`)
    expect(others.join()).not.toContain('own-secret-1')
    expect(others).toEqual([
      `config.yaml:7:22: ${here}[0].secret is not a known key; the known keys are id, hash, env, file, not_before, expires_at`,
    ])
  })

  test('whose hash is malformed is refused and not quoted', async () => {
    const faults = await faultsOf(list('{ id: a, hash: own-secret-in-the-wrong-place }'))
    expect(faults).toEqual([
      `config.yaml:7:28: ${here}[0].hash is malformed, wanted sha256: and 64 hex digits, or a whole hash of argon2id (m times t at most 4194304) or bcrypt (cost at most 16)`,
    ])
  })

  test('with a slow hash is refused where the runtime has none', async () => {
    expect(await faultsOf(list(`{ id: a, hash: "${argon2}" }`), { slowHashes: false })).toEqual([
      `config.yaml:7:22: ${here}[0].hash is a slow hash, which this runtime cannot check; use sha256:<hex>, or run the executable`,
    ])
  })

  test('whose environment variable or file is not there, or empty, is refused', () =>
    withTempFolder(async (folder) => {
      await writeFile(join(folder, 'empty'), '\n')
      const text = list(
        '{ id: a, env: APP_ONE }',
        '{ id: b, env: APP_TWO }',
        '{ id: c, file: missing }',
        '{ id: d, file: empty }',
      )
      expect(await faultsOf(text, { folder, environment: { APP_TWO: '' } })).toEqual([
        `config.yaml:7:22: ${here}[0].env names the environment variable APP_ONE, which is not set; set it where grantd is started`,
        `config.yaml:8:22: ${here}[1].env names the environment variable APP_TWO, which is empty; set it where grantd is started`,
        `config.yaml:9:22: ${here}[2].file names the file missing, which cannot be read at ${folder}/missing: ENOENT; there is no such file or folder; check the path`,
        `config.yaml:10:22: ${here}[3].file names the file empty, which is empty; write the value into it`,
      ])
    }))

  test('with several faults is told of all of them', async () => {
    const text = list('{ id: "", hash: x, not_before: yesterday }')
    expect((await faultsOf(text)).map((fault) => fault.split(' ')[1])).toEqual([
      `${here}[0].id`,
      `${here}[0].hash`,
      `${here}[0].not_before`,
    ])
  })
})

describe('a time', () => {
  test.each([
    '2030-01-31T00:00:00Z',
    '2030-01-31T23:59:59.9Z',
    '2030-01-31T00:00:00.123Z',
    '2028-02-29T00:00:00Z',
    '0001-01-01T00:00:00Z',
  ])('%s is taken', async (time) => {
    expect(await faultsOf(list(`{ id: a, hash: "${hash}", expires_at: ${time} }`))).toEqual([])
  })

  test.each([
    '2030-01-31',
    '2030-01-31T00:00Z',
    '2030-01-31T00:00:00',
    '2030-01-31T00:00:00+00:00',
    '2030-01-31 00:00:00Z',
    '2030-02-30T00:00:00Z',
    '2029-02-29T00:00:00Z',
    '2030-13-01T00:00:00Z',
    '2030-01-31T24:00:00Z',
    '2030-01-31T00:00:60Z',
    '2030-01-31T00:00:00.1234Z',
    '2030-01-31t00:00:00z',
    '1893456000',
    'tomorrow',
  ])('%s is refused', async (time) => {
    for (const key of ['not_before', 'expires_at']) {
      expect(await faultsOf(list(`{ id: a, ${key}: "${time}", hash: "${hash}" }`))).toEqual([
        `config.yaml:7:34: ${here}[0].${key} is "${time}", wanted a time in UTC such as 2030-01-31T00:00:00Z`,
      ])
    }
  })

  test.each([
    ['2030-01-01T00:00:00Z', '2030-01-01T00:00:00Z'],
    ['2030-01-01T00:00:00.001Z', '2030-01-01T00:00:00Z'],
    ['2031-01-01T00:00:00Z', '2030-01-01T00:00:00Z'],
  ])('not_before %s and expires_at %s leave no time, and are refused', async (from, until) => {
    const text = list('id: a', `  hash: "${hash}"`, `  not_before: ${from}`, `  expires_at: ${until}`)
    expect(await faultsOf(text.replaceAll('          -   ', '            '))).toEqual([
      `config.yaml:10:13: ${here}[0].expires_at is ${until}, wanted a time after not_before (${from})`,
    ])
  })

  test('one millisecond apart is taken', async () => {
    const text = list(
      `{ id: a, hash: "${hash}", not_before: 2030-01-01T00:00:00Z, expires_at: 2030-01-01T00:00:00.001Z }`,
    )
    expect(await faultsOf(text)).toEqual([])
  })
})
