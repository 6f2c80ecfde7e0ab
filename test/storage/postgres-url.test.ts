import { describe, expect, test } from 'bun:test'
import { inspect } from 'node:util'
import { type PostgresTarget, parsePostgresUrl } from '../../src/storage/postgres-url.ts'
import { StorageRefusedError } from '../../src/storage/storage.ts'

/** The least that looks like a certificate. */
const ca = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'

test('a whole URL is read, with what is percent-encoded', () => {
  expect(
    parsePostgresUrl({ url: 'postgres://me:p%40ss%2F@db.example:6543/my%20db?application_name=x' }),
  ).toEqual({
    host: 'db.example',
    port: 6543,
    database: 'my db',
    user: 'me',
    password: 'p@ss/',
    applicationName: 'x',
    prepare: true,
    tls: { host: 'db.example', rejectUnauthorized: true },
    place: 'the Postgres database my db at db.example:6543',
  })
})

test('what a short URL leaves out is as libpq has it', () => {
  const target = parsePostgresUrl({ url: 'postgresql://me@[::1]' })
  expect(target).toMatchObject({ host: '::1', port: 5432, database: 'me', password: undefined, tls: false })
  expect(target.place).toBe('the Postgres database me at [::1]:5432')
})

test('a password of its own takes the place of the one in the URL', () => {
  expect(parsePostgresUrl({ url: 'postgres://me:a@h/d', password: 'b' }).password).toBe('b')
})

test('prepare=false is for poolers', () => {
  expect(parsePostgresUrl({ url: 'postgres://me@h/d?prepare=false' }).prepare).toBe(false)
})

describe('TLS', () => {
  const verified = (host: string) => ({ host, rejectUnauthorized: true })
  test.each<[url: string, caCertificate: string | undefined, tls: PostgresTarget['tls']]>([
    ['postgres://me@127.0.0.1/d', undefined, false],
    ['postgres://me@127.9.9.9/d', undefined, false],
    ['postgres://me@localhost/d', undefined, false],
    ['postgres://me@localhost/d', ca, { ...verified('localhost'), ca }],
    ['postgres://me@127.0.0.1.example/d', undefined, verified('127.0.0.1.example')],
    ['postgres://me@10.0.0.1/d', undefined, verified('10.0.0.1')],
    ['postgres://me@db.example/d', ca, { ...verified('db.example'), ca }],
    ['postgres://me@db.example/d?sslmode=disable', undefined, false],
    ['postgres://me@db.example/d?sslmode=require', undefined, { rejectUnauthorized: false }],
    ['postgres://me@localhost/d?sslmode=verify-full', undefined, verified('localhost')],
  ])('%s with authority %p', (url, caCertificate, wanted) => {
    expect(parsePostgresUrl({ url, caCertificate }).tls).toEqual(wanted)
  })

  test.each([
    ['require', ca],
    ['verify-ca', ca],
    ['verify-ca', undefined],
  ])('sslmode=%s with authority %p checks the authority and not the name', (mode, caCertificate) => {
    const { tls } = parsePostgresUrl({ url: `postgres://me@db.example/d?sslmode=${mode}`, caCertificate })
    expect(tls).toMatchObject({ rejectUnauthorized: true })
    expect(tls !== false && tls.checkServerIdentity?.()).toBe(undefined)
    expect(tls !== false && tls.checkServerIdentity).toBeFunction()
  })
})

describe('a URL that cannot be used is refused, and what may be its password is not repeated:', () => {
  const form = 'write it as postgres://USER:PASSWORD@HOST/DATABASE'
  const unreadable = `is not a URL that can be read; ${form}, the password percent-encoded`
  const noUser = `has no user, or a password that is not percent-encoded; ${form}`
  test.each([
    ['mysql://me:hunter2@h/d', unreadable],
    ['hunter2', unreadable],
    ['postgres://me:hunter2/x@h/d', unreadable],
    ['postgres://me:hunter2#x@h/d', unreadable],
    ['postgres://me:5432/hunter2@h/d', noUser],
    ['postgres://me:5432#hunter2@h/d', noUser],
    ['postgres://me:5432?hunter2@h/d', noUser],
    ['postgres://h/d?user=me&password=hunter2', noUser],
    ['postgres://me:hunter2@h/d#x', noUser],
    ['postgres://me:hunter2%@h/d', 'has a percent sign that escapes nothing; write %25 for it'],
    ['postgres://me:hunter2@/d', unreadable],
    [
      'postgres://me:hunter2@h/d?sslmode=prefer',
      'has sslmode=prefer; choose one of disable, require, verify-ca, verify-full',
    ],
    ['postgres://me:hunter2@h/d?prepare=no', 'has prepare=no; choose one of true, false'],
    [
      'postgres://me:hunter2@h/d?sslrootcert=x',
      'has the parameter sslrootcert, which grantd does not know; leave it out; known are sslmode, prepare, application_name',
    ],
  ])('%s', (url, fault) => {
    let refusal: unknown
    try {
      parsePostgresUrl({ url })
    } catch (cause) {
      refusal = cause
    }
    expect(refusal).toBeInstanceOf(StorageRefusedError)
    expect(String(refusal)).toBe(`Error: The storage URL ${fault}`)
    expect(inspect(refusal)).not.toContain('hunter2')
  })
})
