import { StorageRefusedError } from './storage.ts'

/** A database and the way to it. */
export interface PostgresTarget {
  readonly host: string
  readonly port: number
  readonly database: string
  readonly user: string
  readonly password: string | undefined
  readonly applicationName: string
  /** False where a pooler stands before the server that gives each transaction another connection. */
  readonly prepare: boolean
  /** Options of tls.connect; false: no TLS. */
  readonly tls: false | TlsOptions
  /** Its name in messages. */
  readonly place: string
}

export interface TlsOptions {
  readonly rejectUnauthorized: boolean
  /** The name that the certificate must have. */
  readonly host?: string
  readonly ca?: string
  readonly checkServerIdentity?: () => undefined
}

export interface PostgresUrlOptions {
  readonly url: string
  /** In place of the one in the URL. */
  readonly password?: string | undefined
  /** PEM of the authority that the server's certificate comes from; default: those that the runtime trusts. */
  readonly caCertificate?: string | undefined
}

const parameters = ['sslmode', 'prepare', 'application_name']

/**
 * Reads a URL like `postgres://user:password@host:5432/database?sslmode=verify-full`. Throws
 * {@link StorageRefusedError}, whose message repeats nothing that may be part of the password.
 */
export function parsePostgresUrl(options: PostgresUrlOptions): PostgresTarget {
  const url = parseUrl(options.url)
  const { searchParams } = url
  const user = decode(url.username)
  // First of all: without the user, the host may be a piece of a password that is not escaped.
  if (user === '' || url.hash !== '')
    refuse(
      'has no user, or a password that is not percent-encoded',
      'write it as postgres://USER:PASSWORD@HOST/DATABASE',
    )
  const host = decode(url.hostname).replace(/^\[(.*)\]$/, '$1')
  if (host === '') refuse('has no host', 'write it as postgres://USER:PASSWORD@HOST/DATABASE')
  for (const name of searchParams.keys()) {
    if (!parameters.includes(name))
      refuse(
        `has the parameter ${name}, which grantd does not know`,
        `leave it out; known are ${parameters.join(', ')}`,
      )
  }
  const port = Number(url.port || 5432)
  const database = decode(url.pathname.slice(1)) || user
  const printedHost = host.includes(':') ? `[${host}]` : host
  return {
    host,
    port,
    database,
    user,
    password: options.password ?? (decode(url.password) || undefined),
    applicationName: searchParams.get('application_name') ?? 'grantd',
    prepare: choose(searchParams, 'prepare', ['true', 'false']) !== 'false',
    tls: resolveTls(choose(searchParams, 'sslmode', sslModes), { host, ca: options.caCertificate }),
    place: `the Postgres database ${database} at ${printedHost}:${port}`,
  }
}

function parseUrl(text: string): URL {
  // What URL throws repeats the text.
  if (!/^postgres(?:ql)?:\/\//.test(text) || !URL.canParse(text))
    refuse(
      'is not a URL that can be read',
      'write it as postgres://USER:PASSWORD@HOST/DATABASE, the password percent-encoded',
    )
  return new URL(text)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return refuse('has a percent sign that escapes nothing', 'write %25 for it')
  }
}

function choose<T extends string>(from: URLSearchParams, name: string, choices: readonly T[]): T | undefined {
  const value = from.get(name)
  if (value === null) return undefined
  const found = choices.find((choice) => choice === value)
  return found ?? refuse(`has ${name}=${value}`, `choose one of ${choices.join(', ')}`)
}

/**
 * Those of libpq, less `allow` and `prefer`: they use TLS unless somebody on the way says no, and so protect from
 * nobody.
 */
const sslModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const

type SslMode = (typeof sslModes)[number]

/**
 * Without sslmode, the certificate is checked wherever the password and the rows leave this machine: libpq's default
 * would hand both to whoever answers first.
 */
function resolveTls(
  mode: SslMode | undefined,
  { host, ca }: { readonly host: string; readonly ca: string | undefined },
): PostgresTarget['tls'] {
  const authority = ca === undefined ? {} : { ca: checkAuthority(ca) }
  switch (mode ?? (isLoopback(host) && ca === undefined ? 'disable' : 'verify-full')) {
    case 'disable':
      return false
    case 'require':
      // As libpq does: an authority that is named is asked.
      return ca === undefined ? { rejectUnauthorized: false } : resolveTls('verify-ca', { host, ca })
    case 'verify-ca':
      return { ...authority, host, rejectUnauthorized: true, checkServerIdentity: () => undefined }
    case 'verify-full':
      return { ...authority, host, rejectUnauthorized: true }
  }
}

/**
 * Throws unless the text has certificates and they look like such. The driver would meet the fault of one outside of any
 * call, which ends the process.
 */
function checkAuthority(text: string): string {
  const blocks = [...text.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g)]
  if (blocks.length === 0 || !blocks.every(([, base64 = '']) => isSequence(base64)))
    throw new StorageRefusedError(
      'The certificate of the authority of Postgres cannot be read; name a file of PEM certificates in postgres.ca_file',
    )
  return text
}

/** Whether the base64 text is one sequence of DER, to the last byte. */
function isSequence(base64: string): boolean {
  const text = base64.replace(/\s/g, '')
  if (!/^[A-Za-z\d+/]+={0,2}$/.test(text) || text.length % 4 !== 0) return false
  const bytes = Uint8Array.from(atob(text), (character) => character.charCodeAt(0))
  const [tag, size = 0, ...rest] = bytes
  const bytesOfLength = size < 0x80 ? 0 : size - 0x80
  const length =
    bytesOfLength === 0 ? size : rest.slice(0, bytesOfLength).reduce((all, byte) => all * 256 + byte, 0)
  return tag === 0x30 && bytes.length === 2 + bytesOfLength + length
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

function refuse(fault: string, nextStep: string): never {
  throw new StorageRefusedError(`The storage URL ${fault}; ${nextStep}`)
}
