import { describe, expect, test } from 'bun:test'
import { inspect } from 'node:util'
import { type PostgresHost, parsePostgresUrl } from '../../src/storage/postgres/postgres-url.ts'
import { StorageRefusedError } from '../../src/storage/storage.ts'

/** The least that looks like a certificate. */
const ca = '-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n'

test('a whole URL is read, with what is percent-encoded', () => {
  expect(
    parsePostgresUrl({ url: 'postgres://me:p%40ss%2F@db.example:6543/my%20db?application_name=x' }),
  ).toEqual({
    hosts: [
      {
        host: 'db.example',
        port: 6543,
        socket: undefined,
        tls: { host: 'db.example', rejectUnauthorized: true },
        name: 'db.example:6543',
      },
    ],
    database: 'my db',
    user: 'me',
    password: 'p@ss/',
    applicationName: 'x',
    prepare: undefined,
    schema: undefined,
    place: 'the Postgres database my db at db.example:6543',
  })
})

test('what a short URL leaves out is as libpq has it', () => {
  const target = parsePostgresUrl({ url: 'postgresql://me@[::1]' })
  expect(target).toMatchObject({ database: 'me', password: undefined })
  expect(target.hosts).toMatchObject([{ host: '::1', port: 5432, tls: false }])
  expect(target.place).toBe('the Postgres database me at [::1]:5432')
})

test('a password of its own takes the place of the one in the URL', () => {
  expect(parsePostgresUrl({ url: 'postgres://me:a@h/d', password: 'b' }).password).toBe('b')
})

test('prepare=false is for poolers, prepare=true for those that know prepared statements', () => {
  expect(parsePostgresUrl({ url: 'postgres://me@h/d?prepare=false' }).prepare).toBe(false)
  expect(parsePostgresUrl({ url: 'postgres://me@h/d?prepare=true' }).prepare).toBe(true)
})

test.each(['read-write', 'primary'])('target_session_attrs=%s says what is so anyway', (value) => {
  const url = 'postgres://me@h/d'
  expect(parsePostgresUrl({ url: `${url}?target_session_attrs=${value}` })).toEqual(parsePostgresUrl({ url }))
})

test('search_path names the schema', () => {
  expect(parsePostgresUrl({ url: 'postgres://me@h/d?search_path=auth_1' }).schema).toBe('auth_1')
})

describe('several hosts, and sockets, are read as libpq does:', () => {
  test.each([
    ['postgres://me:p%2C@a,b/d', 'a:5432, b:5432'],
    ['postgres://me@a:1,b:2/d', 'a:1, b:2'],
    ['postgres://me@a,b:2/d', 'a:5432, b:2'],
    ['postgres://me@[::1]:1,[fe80::1%25eth0],10.0.0.1/d', '[::1]:1, [fe80::1%eth0]:5432, 10.0.0.1:5432'],
    ['postgres://me@/d?host=a,b&port=1,2', 'a:1, b:2'],
    ['postgres://me@/d?host=a,b&port=1', 'a:1, b:1'],
    ['postgres://me@ignored:9/d?host=a,::1', 'a:5432, [::1]:5432'],
    ['postgres://me@a,b/d?port=1,2', 'a:1, b:2'],
    ['postgres://me@%2Fvar%2Frun%2Fpostgresql/d', '/var/run/postgresql/.s.PGSQL.5432'],
    ['postgres://me@%2Frun%2Fa:5433,b/d', '/run/a/.s.PGSQL.5433, b:5432'],
    ['postgres://me@/d?host=/var/run/postgresql/', '/var/run/postgresql/.s.PGSQL.5432'],
    ['postgres://me@/d?host=/run/a,/run/b&port=1,2', '/run/a/.s.PGSQL.1, /run/b/.s.PGSQL.2'],
  ])('%s', (url, names) => {
    const { place, hosts } = parsePostgresUrl({ url })
    expect(place).toBe(`the Postgres database d at ${names}`)
    expect(hosts.map(({ name }) => name).join(', ')).toBe(names)
  })

  test('each TCP host has the TLS of its own name, and a socket has none', () => {
    const url = 'postgres://me@a.example,localhost,%2Frun/d'
    const verified = (host: string) => ({ host, rejectUnauthorized: true })
    const tlsOf = (query: string) => parsePostgresUrl({ url: `${url}${query}` }).hosts.map(({ tls }) => tls)
    expect(tlsOf('')).toEqual([verified('a.example'), false, false])
    expect(tlsOf('?sslmode=verify-full')).toEqual([verified('a.example'), verified('localhost'), false])
  })
})

describe('TLS', () => {
  const verified = (host: string) => ({ host, rejectUnauthorized: true })
  test.each<[url: string, caCertificate: string | undefined, tls: PostgresHost['tls']]>([
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
    expect(parsePostgresUrl({ url, caCertificate }).hosts.map(({ tls }) => tls)).toEqual([wanted])
  })

  test.each([
    ['require', ca],
    ['verify-ca', ca],
    ['verify-ca', undefined],
  ])('sslmode=%s with authority %p checks the authority and not the name', (mode, caCertificate) => {
    const url = `postgres://me@db.example/d?sslmode=${mode}`
    const tls = parsePostgresUrl({ url, caCertificate }).hosts[0]?.tls ?? false
    expect(tls).toMatchObject({ rejectUnauthorized: true })
    expect(tls !== false && tls.checkServerIdentity?.()).toBe(undefined)
    expect(tls !== false && tls.checkServerIdentity).toBeFunction()
  })
})

describe('a URL that cannot be used is refused, and what may be its password is not repeated:', () => {
  const form = 'write it as postgres://USER:PASSWORD@HOST/DATABASE'
  const unreadable = `is not a URL that can be read; ${form}, the password percent-encoded`
  const unreadableHosts =
    'has hosts or ports that cannot be read; write them as HOST:PORT,HOST:PORT before the database, or as ?host=HOST,HOST&port=PORT,PORT'
  const noUser = `has no user, or a password that is not percent-encoded; ${form}`
  test.each([
    ['mysql://me:hunter2@h/d', unreadable],
    ['hunter2', unreadable],
    ['postgres://me:hunter2/x@h/d', noUser],
    ['postgres://me:hunter2#x@h/d', noUser],
    ['postgres://me:5432/hunter2@h/d', noUser],
    ['postgres://me:5432#hunter2@h/d', noUser],
    ['postgres://me:5432?hunter2@h/d', noUser],
    ['postgres://h/d?user=me&password=hunter2', noUser],
    ['postgres://me:hunter2@h/d#x', noUser],
    ['postgres://me:hunter2%@h/d', 'has a percent sign that escapes nothing; write %25 for it'],
    ['postgres://me:hunter2@/d', `has no host; ${form}`],
    ['postgres://me:hunter2@h:99999/d', unreadableHosts],
    ['postgres://me:hunter2@h:0/d', unreadableHosts],
    ['postgres://me:hunter2@h:x/d', unreadableHosts],
    ['postgres://me:hunter2@a,,b/d', unreadableHosts],
    ['postgres://me:hunter2@[::1/d', unreadableHosts],
    ['postgres://me:hunter2@a,b,c/d?port=1,2', unreadableHosts],
    ['postgres://me:hunter2@a/d?host=', `has no host; ${form}`],
    ['postgres://me:hunter2@a/d?host=a&host=b', 'has the parameter host twice; leave one of them out'],
    [
      'postgres://me:hunter2@h/d?target_session_attrs=any',
      'has target_session_attrs=any; choose one of read-write, primary',
    ],
    [
      'postgres://me:hunter2@h/d?search_path=a,b',
      'has a search_path that is not the name of one schema; write it in a-z, 0-9 and _',
    ],
    [
      'postgres://me:hunter2@h/d?sslmode=prefer',
      'has sslmode=prefer; choose one of disable, require, verify-ca, verify-full',
    ],
    ['postgres://me:hunter2@h/d?prepare=no', 'has prepare=no; choose one of true, false'],
    [
      'postgres://me:hunter2@h/d?sslrootcert=x',
      'has the parameter sslrootcert, which grantd does not know; leave it out; known are host, port, sslmode, target_session_attrs, search_path, prepare, application_name',
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
