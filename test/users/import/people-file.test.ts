import { describe, expect, test } from 'bun:test'
import { Passwords } from '../../../src/secrets/passwords.ts'
import { readImported } from '../../../src/users/import/imported-person.ts'
import { readPeopleFile } from '../../../src/users/import/people-file.ts'
import { platform } from '../../support/test-app.ts'

const { hashing, passwordHash, randomBytes, monotonic } = platform
const passwords = new Passwords({ hashing, passwordHash, randomBytes, monotonic, atOnce: 1 })

/** As Keycloak writes it: the credentials are JSON in texts. */
const keycloakUser = (credentialData: object, secretData: object, more: object = {}) => ({
  id: '0f0ba9a2-6d0c-4b4f-9a0e-2f4d6b8b1a11',
  username: 'ada',
  email: 'ada@example.com',
  emailVerified: true,
  enabled: true,
  firstName: 'Ada',
  lastName: 'Lovelace',
  createdTimestamp: 1_700_000_000_000,
  attributes: { locale: ['de'], phones: ['1', '2'], email: ['x'], username: ['y'], 'bad name': ['z'] },
  groups: ['/staff', '/staff/admins'],
  credentials: [
    { id: '1', type: 'otp', secretData: '{}', credentialData: '{}' },
    {
      id: '2',
      type: 'password',
      secretData: JSON.stringify(secretData),
      credentialData: JSON.stringify(credentialData),
    },
  ],
  disableableCredentialTypes: [],
  requiredActions: [],
  realmRoles: ['default-roles-acme'],
  notBefore: 0,
  ...more,
})

const salt = 'AAECAwQFBgcICQoLDA0ODw=='

/** Made with hashlib of Python: 64 bytes of PBKDF2 of "correct horse battery" with 27,500 rounds. */
const values = {
  sha1: '6pFJOY0O/9yO2Q9At172UKHYUywNIiHlI91f0URgz/J5DDAqs+ljhsLsDGuiCbt05qojY5Ry/ONhHKF5Iu3U5w==',
  sha256: 'VVatals5hXp5h2oxfsxiF6kzhtIf76FMvLQt3LHjOPTh+NaxYdlTOPwDZ23eIyR9i752/A/GtET2PfLHzgkqPg==',
  sha512: '5B4tnWqx2PYDfdhQilEny0L9eoEaMA8DMq85BtGBSuSxgz+uD+tGkC1hmXVbN1yvKeRJ0QZgeAVUUe3CJtSpBQ==',
}

/** PBKDF2 makes its output from the front, so a shorter hash is the beginning of a longer one. */
const firstBytes = (value: string, bytes: number) =>
  Uint8Array.fromBase64(value).subarray(0, bytes).toBase64()

describe('a user of Keycloak', () => {
  test('keeps the id, and has the settings of a person', async () => {
    const data = { hashIterations: 27_500, algorithm: 'pbkdf2-sha512' }
    const user = keycloakUser(data, { value: values.sha512, salt })
    const { sub, patch, passwordHash: hash } = readImported(user)
    expect(sub).toBe('0f0ba9a2-6d0c-4b4f-9a0e-2f4d6b8b1a11')
    expect(patch).toEqual({
      email: 'ada@example.com',
      email_verified: true,
      name: 'Ada Lovelace',
      active: true,
      groups: ['staff', 'staff/admins'],
      attributes: {
        given_name: 'Ada',
        family_name: 'Lovelace',
        preferred_username: 'ada',
        locale: 'de',
        phones: ['1', '2'],
      },
    })
    expect(hash).toStartWith('$pbkdf2-sha512$i=27500$')
    expect(await passwords.verify('correct horse battery', hash ?? '')).toEqual({
      isRight: true,
      isStale: true,
    })
  })

  test.each([
    ['pbkdf2', firstBytes(values.sha1, 20)],
    ['pbkdf2-sha256', firstBytes(values.sha256, 32)],
    ['pbkdf2-sha256', values.sha256],
    ['pbkdf2-sha512', values.sha512],
  ])('with %s (%s) signs in with the old password', async (algorithm, value) => {
    const data = { hashIterations: 27_500, algorithm, additionalParameters: {} }
    const { passwordHash: hash = '' } = readImported(keycloakUser(data, { value, salt }))
    expect((await passwords.verify('correct horse battery', hash)).isRight).toBe(true)
    expect((await passwords.verify('correct horse batterx', hash)).isRight).toBe(false)
  })

  test('with argon2 signs in with the old password', async () => {
    // Of an export of Keycloak 26.
    const secret = {
      value: 'BuViHNDGmCq80fvpty/QoggTI8NSt0CuNDGgeoa5f5A=',
      salt: 'RJ0aLMQ2qKbZuROs7qQhcA==',
      additionalParameters: {},
    }
    const data = {
      hashIterations: 5,
      algorithm: 'argon2',
      additionalParameters: {
        ...{ hashLength: ['32'], memory: ['7168'], type: ['id'], version: ['1.3'], parallelism: ['1'] },
      },
    }
    const { passwordHash: hash = '' } = readImported(keycloakUser(data, secret))
    expect(hash).toStartWith('$argon2id$v=19$m=7168,t=5,p=1$')
    expect(await passwords.verify('iceberg', hash)).toEqual({ isRight: true, isStale: true })
    expect((await passwords.verify('iceberk', hash)).isRight).toBe(false)
  })

  test.each([
    ['of an unknown algorithm', { hashIterations: 5, algorithm: 'md5-crypt' }],
    ['of argon2i', { hashIterations: 5, algorithm: 'argon2', additionalParameters: { type: ['i'] } }],
    ['without iterations', { algorithm: 'pbkdf2-sha512' }],
  ])('with a hash %s has no password', (_, data) => {
    const { passwordHash: hash, sub } = readImported(keycloakUser(data, { value: salt, salt }))
    expect([hash, sub]).toEqual([undefined, '0f0ba9a2-6d0c-4b4f-9a0e-2f4d6b8b1a11'])
  })

  test('with damaged credentials has no password', () => {
    const damaged = [{ type: 'password', secretData: 'x', credentialData: 7 }, 'x', null]
    expect(readImported(keycloakUser({}, {}, { credentials: damaged })).passwordHash).toBeUndefined()
    expect(readImported(keycloakUser({}, {}, { credentials: 'x' })).passwordHash).toBeUndefined()
  })
})

test('our own form is taken as it is', () => {
  const person = { sub: 's', email: 'a@example.com', groups: ['g'], password_hash: '$2b$' }
  expect(readImported(person)).toEqual({
    sub: 's',
    passwordHash: '$2b$',
    patch: { email: 'a@example.com', groups: ['g'] },
  })
  for (const wrong of [null, 'x', 7, [], undefined])
    expect(() => readImported(wrong)).toThrow('It is no JSON object')
  expect(() => readImported({ sub: 7 })).toThrow('The field sub is malformed')
})

test('a file is JSON lines, an array, or an export of a realm', () => {
  const [a, b] = [{ email: 'a@example.com' }, { email: 'b@example.com' }]
  const lines = `${JSON.stringify(a)}\r\n\n  ${JSON.stringify(b)}\n`
  expect(readPeopleFile(lines)).toEqual([
    { number: 1, value: a },
    { number: 3, value: b },
  ])
  const listed = [
    { number: 1, value: a },
    { number: 2, value: b },
  ]
  expect(readPeopleFile(JSON.stringify([a, b], undefined, 2))).toEqual(listed)
  expect(readPeopleFile(JSON.stringify({ realm: 'acme', users: [a, b] }, undefined, 2))).toEqual(listed)
  expect(readPeopleFile(JSON.stringify(a))).toEqual([{ number: 1, value: a }])
  expect(readPeopleFile('{"email"\nhello')).toEqual([
    { number: 1, value: undefined },
    { number: 2, value: undefined },
  ])
  expect(readPeopleFile('')).toEqual([])
})
