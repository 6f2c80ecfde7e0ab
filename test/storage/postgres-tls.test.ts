import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { createAuthority } from '../support/certificates.ts'
import { type PostgresServer, sharedPostgres, startPostgres } from '../support/postgres-server.ts'
import { denoProgram } from '../support/spawn-server.ts'
import { outcomeOf, type TlsAttempt } from './tls/outcome.ts'

const patience = 60_000
const authority = createAuthority('grantd test')
const stranger = createAuthority('somebody else')

/** Has a certificate for 127.0.0.1 that `authority` signed. */
let server: PostgresServer

beforeAll(async () => {
  server = await startPostgres({ tls: authority.certify('127.0.0.1') })
}, patience)
afterAll(() => server.remove())

const ours = authority.certificate
const theirs = stranger.certificate
const unknown =
  'unable to verify the first certificate (UNABLE_TO_VERIFY_LEAF_SIGNATURE); name the certificate of its authority in postgres.ca_file, or choose another sslmode in the URL'
const misnamed =
  "Hostname/IP does not match certificate's altnames: Host: localhost. is not cert's CN: 127.0.0.1 (ERR_TLS_CERT_ALTNAME_INVALID); name the host in the URL as the certificate does"

const rows: readonly (readonly [host: string, query: string, ca: string | undefined, outcome: string])[] = [
  ['127.0.0.1', '', undefined, 'none'],
  ['127.0.0.1', '?sslmode=disable', ours, 'none'],
  ['127.0.0.1', '?sslmode=require', undefined, 'TLSv1.3'],
  ['127.0.0.1', '?sslmode=require', ours, 'TLSv1.3'],
  ['127.0.0.1', '?sslmode=require', theirs, unknown],
  ['localhost', '?sslmode=verify-ca', ours, 'TLSv1.3'],
  ['127.0.0.1', '?sslmode=verify-ca', theirs, unknown],
  ['127.0.0.1', '?sslmode=verify-ca', undefined, unknown],
  ['127.0.0.1', '?sslmode=verify-full', ours, 'TLSv1.3'],
  ['127.0.0.1', '', ours, 'TLSv1.3'],
  ['127.0.0.1', '', `${theirs}${ours}`.replaceAll('\n', '\r\n'), 'TLSv1.3'],
  ['localhost', '', ours, misnamed],
  ['127.0.0.1', '?sslmode=verify-full', theirs, unknown],
  ['127.0.0.1', '?sslmode=verify-full', undefined, unknown],
]
const attempts = () =>
  rows.map(([host, query, caCertificate]): TlsAttempt => {
    const url = `${server.url.replace('127.0.0.1', host)}${query}`
    return { url, ...(caCertificate !== undefined && { caCertificate }) }
  })
/** A row as the name of a test. */
const named = rows.map(([host, query, ca, outcome], index) => {
  const trusted = ca === undefined ? 'no authority' : ca === theirs ? 'another authority' : 'the authority'
  const short = outcome.length > 10 ? 'refused' : outcome
  return [`${host}${query} with ${trusted}: ${short}`, index, outcome] as const
})
const complaint = (outcome: string) =>
  outcome.replace(/^Cannot use the Postgres database postgres at \S+: /, '')

describe('the way to a server with a certificate', () => {
  test.each(named)(
    '%s',
    async (_, index, wanted) => {
      const attempt = attempts()[index]
      expect(attempt && complaint(await outcomeOf(attempt))).toBe(wanted)
    },
    patience,
  )
})

describe('the way to a server with a certificate, under Deno', () => {
  let outcomes: readonly string[]

  beforeAll(async () => {
    const permissions = ['net', 'read', 'env', 'sys'].map((name) => `--allow-${name}`)
    const script = join(import.meta.dir, 'tls/run-under-deno.ts')
    const child = Bun.spawn([denoProgram, 'run', '--quiet', '--no-prompt', ...permissions, script], {
      stdin: new Response(JSON.stringify(attempts())),
      stdout: 'pipe',
      stderr: 'inherit',
    })
    outcomes = JSON.parse(await new Response(child.stdout).text())
  }, patience)

  test.each(named)('%s', (_, index, wanted) => {
    expect(complaint(outcomes[index] ?? '')).toBe(wanted)
  })
})

test(
  'a server without TLS is not talked to when TLS is wanted',
  async () => {
    const { url } = await sharedPostgres()
    expect(complaint(await outcomeOf({ url: `${url}?sslmode=require` }))).toBe(
      'the server closed the connection instead of starting TLS; turn TLS on at the server, or add sslmode=disable to the URL where nobody is on the way to it',
    )
  },
  patience,
)

test.each([
  ['nonsense', 'nonsense'],
  ['a key', authority.key],
  ['half a certificate', ours.replace(/\n[^\n]*\n(?=-----END)/, '\n')],
])('%s in place of the certificate of the authority is refused', async (_, caCertificate) => {
  expect(await outcomeOf({ url: server.url, caCertificate })).toBe(
    'The certificate of the authority of Postgres cannot be read; name a file of PEM certificates in postgres.ca_file',
  )
})
