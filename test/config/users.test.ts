import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type ConfigSurroundings, faultsOf, parse, warningsOf } from '../support/config-text.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const password = 'correct horse battery'
const hashed = new Bun.CryptoHasher('sha256').update(password).digest('hex')

/** A tenant with these people. */
const withUsers = (...users: readonly string[]) =>
  `tenants:\n  acme:\n    name: Acme\n    oauth2: {}\n    oidc: {}\n    users:\n${users.map((user) => `      ${user}\n`).join('')}`
const ada = (line: string) => withUsers(`ada: { ${line} }`)

async function userOf(text: string, surroundings?: ConfigSurroundings) {
  const { config } = await parse(text, surroundings)
  return config.tenants['acme']?.users['ada']
}

async function faultsOfUsers(text: string, surroundings?: ConfigSurroundings): Promise<string[]> {
  const faults = await faultsOf(text, surroundings)
  return faults.map((fault) => fault.replace(/^config\.yaml:\d+:\d+: tenants\.acme\.users\.?/, ''))
}

describe('a person', () => {
  test('has the defaults that are documented', async () => {
    expect(await userOf(ada(`password: ${password}`))).toEqual({
      email: null,
      email_verified: false,
      name: null,
      active: true,
      password: null,
      password_env: null,
      password_file: null,
      password_hash: `sha256:${hashed}`,
      sub: null,
      groups: [],
      attributes: {},
    })
  })

  test('keeps attributes of any JSON value', async () => {
    const line = `password: ${password}, attributes: { locale: de-DE, address: { locality: London }, level: 3, staff: true }`
    expect((await userOf(ada(line)))?.attributes).toEqual({
      locale: 'de-DE',
      address: { locality: 'London' },
      level: 3,
      staff: true,
    })
  })

  test('may be called as a member of every object', async () => {
    const { config } = await parse(withUsers(`constructor: { password: ${password} }`))
    expect(Object.keys(config.tenants['acme']?.users ?? {})).toEqual(['constructor'])
  })
})

describe('the password', () => {
  test.each([
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g',
    '$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy',
    '$pbkdf2-sha256$i=600000$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g',
    '$pbkdf2-sha512$25000$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g',
  ])('may be the hash %s', async (hash) => {
    expect((await userOf(ada(`password_hash: "${hash}"`)))?.password_hash).toBe(hash)
  })

  test.each([
    `sha256:${hashed}`,
    '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0',
    '$1$salt$hash',
    'correct horse battery',
  ])('may not be the hash %s, and no fault shows it', async (hash) => {
    expect(await faultsOfUsers(ada(`password_hash: "${hash}"`))).toEqual([
      'ada.password_hash is malformed, wanted a whole argon2id, bcrypt or PBKDF2 hash, in quotes ($argon2id$..., $2b$..., $pbkdf2-sha256$...)',
    ])
  })

  test('as a hash without quotes is cut at its commas, and no fault shows a part of it', async () => {
    const hash = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNo'
    const faults = await faultsOfUsers(ada(`password_hash: ${hash}`))
    expect(faults[0]).toContain('in quotes')
    expect(faults.join()).not.toContain('c2Fsd')
  })

  test('comes from a variable or a file, whose line end is cut', async () => {
    const fromVariable = await userOf(ada('password_env: ADA'), { environment: { ADA: password } })
    expect(fromVariable).toMatchObject({ password_env: null, password_hash: `sha256:${hashed}` })
    await withTempFolder(async (folder) => {
      await Bun.write(join(folder, 'ada'), `${password}\n`)
      expect(await userOf(ada('password_file: ada'), { folder })).toMatchObject({
        password_file: null,
        password_hash: `sha256:${hashed}`,
      })
    })
  })

  test('in any of its Unicode forms is one password', async () => {
    const nfc = await userOf(ada('password: "caf\u00e9 caf\u00e9 caf\u00e9"'))
    const nfd = await userOf(ada('password: "cafe\u0301 cafe\u0301 cafe\u0301"'))
    expect(nfc?.password_hash).toBe(nfd?.password_hash ?? '')
  })

  test('is wanted exactly once', async () => {
    const wanted = 'ada wants exactly one of password, password_env, password_file, password_hash; it has'
    expect(await faultsOfUsers(ada('name: Ada'))).toEqual([`${wanted} none`])
    expect(await faultsOfUsers(ada(`password: ${password}, password_env: ADA`))).toEqual([
      `${wanted} password, password_env`,
    ])
  })

  test.each<[string, string]>([
    [
      'password_env: ADA',
      'password_env names the environment variable ADA, which is not set; set it where grantd is started',
    ],
    [
      'password: "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"',
      'password is a hash, wanted the password itself; a hash goes into password_hash',
    ],
    [`password: ${'x'.repeat(1025)}`, 'password has more than 1024 bytes'],
    ['password: "<ADA>"', 'password is a placeholder between < and >; write the value itself'],
    [
      'password: "{{ADA}}"',
      'password has {{...}} in it, which grantd does not fill in; give the value itself, or name a variable that has it',
    ],
  ])('%s is a fault', async (line, fault) => {
    expect(await faultsOfUsers(ada(line))).toEqual([`ada.${fault}`])
  })

  test('as a hash that the runtime cannot check is a fault', async () => {
    const line = 'password_hash: $2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy'
    expect(await faultsOfUsers(ada(line), { slowHashes: false })).toEqual([
      'ada.password_hash is a hash that this runtime cannot check; use PBKDF2, or run the executable',
    ])
  })

  test('in clear is warned about, a known one in other words', async () => {
    const warnings = await warningsOf(
      withUsers(`ada: { password: ${password} }`, 'bob: { password: changeme }'),
    )
    expect(warnings).toEqual([
      'config.yaml:7:14: tenants.acme.users.ada.password is in clear, which is for trying out; write password_hash instead',
      'config.yaml:8:14: tenants.acme.users.bob.password is a known example, so anybody can sign in with it; choose one of your own',
    ])
  })
})

describe('two people', () => {
  test('have not one address, in any case or Unicode form', async () => {
    const text = withUsers(
      `ada: { email: "Zo\u00eb@Example.com", password: ${password} }`,
      `zoe: { email: "zoe\u0308@example.com", password: ${password} }`,
    )
    expect(await faultsOfUsers(text)).toEqual([
      'zoe.email is zoe\u0308@example.com, which is that of users.ada too',
    ])
  })

  test('have not one sub, whose case counts', async () => {
    const person = (key: string, sub: string) => `${key}: { sub: ${sub}, password: ${password} }`
    expect(await faultsOfUsers(withUsers(person('ada', 's-1'), person('bob', 's-1')))).toEqual([
      'bob.sub is s-1, which is that of users.ada too',
    ])
    expect(await faultsOfUsers(withUsers(person('ada', 's-1'), person('bob', 'S-1')))).toEqual([])
  })
})

test.each<[string, string]>([
  ['email: ada', 'ada.email is "ada", wanted an e-mail address such as ada@example.com'],
  ['sub: "a b"', 'ada.sub is "a b", wanted 1 to 255 printable ASCII characters without space'],
  [
    'attributes: { email: a@b.example }',
    'ada.attributes.email is a setting beside attributes; write it there',
  ],
  [
    'attributes: { sub: x }',
    'ada.attributes.sub is a name that grantd or a standard uses itself; take another one, such as a URL of yours',
  ],
])('%s is a fault', async (line, fault) => {
  expect(await faultsOfUsers(ada(`password: ${password}, ${line}`))).toEqual([fault])
})

test('people of a tenant without oidc are warned about', async () => {
  const text = withUsers(`ada: { password_env: ADA }`).replace('    oidc: {}\n', '')
  const { warnings } = await parse(text, { environment: { ADA: password } })
  expect(warnings.map(({ message }) => message)).toEqual([
    'tenants.acme.users has people, and nobody signs in at a tenant without oidc',
  ])
})

test('a key with an @ is refused, because it would be an address', async () => {
  expect(await faultsOf(withUsers(`ada@example.com: { password: ${password} }`))).toEqual([
    'config.yaml:7:7: tenants.acme.users has the key "ada@example.com", wanted 1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first',
  ])
})
