import { hostInUrl } from '../../protocol/url/host.ts'
import { StorageRefusedError } from '../storage.ts'
import { parseHosts, type WrittenHost } from './postgres-host.ts'
import { resolveTls, type SslMode, sslModes, type TlsOptions } from './postgres-tls.ts'

/** One address of the database: a server, or a pooler in front of it. */
export interface PostgresHost {
  /** A name or an address; for a socket, its folder. */
  readonly host: string
  readonly port: number
  /** Path of the Unix socket; undefined: TCP. */
  readonly socket: string | undefined
  /** Options of tls.connect; false: no TLS. */
  readonly tls: false | TlsOptions
  /** Its name in messages. */
  readonly name: string
}

/** A database and its addresses. */
export interface PostgresTarget {
  /** At least one, in the order of the URL. */
  readonly hosts: readonly PostgresHost[]
  readonly database: string
  readonly user: string
  readonly password: string | undefined
  readonly applicationName: string
  /**
   * False: no prepared statements and no settings at the start of a connection, for a pooler that gives each transaction another
   * connection. Undefined: prepared statements unless a pooler is detected.
   */
  readonly prepare: boolean | undefined
  /** The schema of the tables; undefined: the first one of the user's search_path. */
  readonly schema: string | undefined
  /** Its name in messages. */
  readonly place: string
}

export interface PostgresUrlOptions {
  readonly url: string
  /** Replaces the one in the URL. */
  readonly password?: string | undefined
  /** PEM of the authority of the server's certificate; default: the authorities that the runtime trusts. */
  readonly caCertificate?: string | undefined
}

const parameters = [
  ...['host', 'port', 'sslmode', 'target_session_attrs', 'search_path', 'prepare'],
  'application_name',
]

const form = 'write it as postgres://USER:PASSWORD@HOST/DATABASE'

/**
 * Parses a URL like `postgres://user:password@host:5432/database?sslmode=verify-full`, with several hosts and with sockets as in libpq.
 * Throws {@link StorageRefusedError}, whose message repeats nothing that can be part of the password.
 */
export function parsePostgresUrl(options: PostgresUrlOptions): PostgresTarget {
  try {
    return parse(options)
  } catch (cause) {
    if (!(cause instanceof UrlFault)) throw cause
    throw new StorageRefusedError(`The storage URL ${cause.message}`)
  }
}

/** The error of {@link parsePostgresUrl} after the name of the URL; undefined: none. */
export function findUrlFault(url: string): string | undefined {
  try {
    parse({ url })
    return undefined
  } catch (cause) {
    if (!(cause instanceof UrlFault)) throw cause
    return cause.message
  }
}

/** The fault of a URL, and the next step. */
class UrlFault extends Error {}

function refuse(fault: string, nextStep: string): never {
  throw new UrlFault(`${fault}; ${nextStep}`)
}

function parse(options: PostgresUrlOptions): PostgresTarget {
  const { url, hostList } = splitUrl(options.url)
  const { searchParams } = url
  const user = decode(url.username)
  // Checked first: without the user, the host may be part of a password that is not escaped.
  if (user === '' || url.hash !== '') refuse('has no user, or a password that is not percent-encoded', form)
  checkParameters(searchParams)
  choose(searchParams, 'target_session_attrs', ['read-write', 'primary'])
  const written = findHosts(hostList, searchParams)
  const mode = choose(searchParams, 'sslmode', sslModes)
  const hosts = written.map((host) => resolveHost(host, mode, options.caCertificate))
  const database = decode(url.pathname.slice(1)) || user
  const prepare = choose(searchParams, 'prepare', ['true', 'false'])
  return {
    hosts,
    database,
    user,
    password: options.password ?? (decode(url.password) || undefined),
    applicationName: searchParams.get('application_name') ?? 'grantd',
    prepare: prepare && prepare === 'true',
    schema: findSchema(searchParams),
    place: `the Postgres database ${database} at ${hosts.map(({ name }) => name).join(', ')}`,
  }
}

/**
 * Separates the list of hosts from the rest, which the platform parses as a URL. Errors of URL repeat the text, so it never gets the
 * hosts.
 */
function splitUrl(text: string): { url: URL; hostList: string } {
  const match = /^postgres(?:ql)?:\/\/([^/?#]*@)?([^/?#@]*)([/?#].*)?$/.exec(text)
  const [, user = '', hostList = '', rest = ''] = match ?? []
  const plain = `postgres://${user}host${rest}`
  if (!match || !URL.canParse(plain)) refuse('is not a URL that can be read', nextStepOfReading)
  return { url: new URL(plain), hostList }
}

const nextStepOfReading = `${form}, the password percent-encoded`

function checkParameters(from: URLSearchParams): void {
  for (const name of from.keys()) {
    if (!parameters.includes(name))
      refuse(
        `has the parameter ${name}, which grantd does not know`,
        `leave it out; known are ${parameters.join(', ')}`,
      )
    if (from.getAll(name).length > 1) refuse(`has the parameter ${name} twice`, 'leave one of them out')
  }
}

/** Like libpq: the parameters `host` and `port` replace those before the path. */
function findHosts(hostList: string, from: URLSearchParams): readonly WrittenHost[] {
  const named = from.get('host')
  const list = named ?? hostList
  if (list === '') refuse('has no host', form)
  const hosts = parseHosts(list, { decode, ports: from.get('port'), hasPorts: named === null })
  return hosts ?? refuse('has hosts or ports that cannot be read', nextStepOfHosts)
}

const nextStepOfHosts =
  'write them as HOST:PORT,HOST:PORT before the database, or as ?host=HOST,HOST&port=PORT,PORT'

function resolveHost(
  { host, port }: WrittenHost,
  mode: SslMode | undefined,
  ca: string | undefined,
): PostgresHost {
  if (host.startsWith('/')) {
    const socket = `${host.replace(/\/+$/, '')}/.s.PGSQL.${port}`
    // Without TLS, like libpq, because a socket does not leave the machine.
    return { host, port, socket, tls: false, name: socket }
  }
  return {
    host,
    port,
    socket: undefined,
    tls: resolveTls(mode, { host, ca }),
    name: `${hostInUrl(host)}:${port}`,
  }
}

function findSchema(from: URLSearchParams): string | undefined {
  const schema = from.get('search_path')
  if (schema === null) return undefined
  // Only such a name means the same with and without quotes.
  if (!/^[a-z_][a-z\d_]{0,62}$/.test(schema))
    refuse('has a search_path that is not the name of one schema', 'write it in a-z, 0-9 and _')
  return schema
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
