import postgres from 'postgres'
import { StorageError, StorageRefusedError } from '../storage.ts'

/** An error of the server or of the network. It has only these members, because the driver's error contains the values of the statement. */
export class PostgresFault extends Error {
  /** An SQLSTATE, a system code such as ECONNREFUSED, or one of {@link ownCodes}. */
  readonly code: string
  /** Whether the connection is unusable now. */
  readonly endsConnection: boolean

  constructor({ code, message, endsConnection }: { code: string; message: string; endsConnection: boolean }) {
    super(message)
    this.code = code
    this.endsConnection = endsConnection
  }

  /** Whether the server undid the work and a retry will likely succeed. */
  get isConflict(): boolean {
    return this.code === '40001' || this.code === '40P01'
  }

  /** Whether an operator has to act, even if another server answers. */
  get needsOperator(): boolean {
    return this.code === ownCodes.leftBehind || this.code === ownCodes.otherCluster
  }

  /** The same fault, naming one of several hosts. */
  at({ name }: { readonly name: string }): PostgresFault {
    const { code, message, endsConnection } = this
    return new PostgresFault({ code, message: `${name}: ${message}`, endsConnection })
  }
}

/** Our codes for faults that have no code of the server or the system. */
const ownCodes = {
  noAnswer: 'NO_ANSWER',
  lost: 'CONNECTION_LOST',
  allBusy: 'ALL_BUSY',
  closed: 'CLOSED',
  hungUp: 'HUNG_UP',
  noTls: 'NO_TLS',
  notPrimary: 'NOT_PRIMARY',
  leftBehind: 'LEFT_BEHIND',
  otherCluster: 'OTHER_CLUSTER',
  noPrimary: 'NO_PRIMARY',
  unreplicated: 'UNREPLICATED',
} as const

/** The fault of an error of the driver. */
export function readFault(cause: unknown): PostgresFault {
  if (cause instanceof PostgresFault) return cause
  if (cause instanceof postgres.PostgresError) {
    const { code, message, severity } = cause
    // A server that is read-only now may have been the primary before. A new connection may lead to the new primary.
    const endsConnection = severity === 'FATAL' || severity === 'PANIC' || code === '25006'
    return new PostgresFault({ code, message, endsConnection })
  }
  const code = readCode(cause)
  const message = cause instanceof Error && cause.message !== '' ? cause.message : code
  return new PostgresFault({ code, message: lostMessages[code] ?? message, endsConnection: true })
}

function readCode(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return readCode(cause.errors[0])
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ownCodes.lost
}

/** Messages for the codes of the driver. */
const lostMessages: Readonly<Record<string, string>> = {
  CONNECTION_CLOSED: 'the connection was lost',
  CONNECTION_DESTROYED: 'the connection was closed',
  CONNECTION_ENDED: 'the connection was closed',
  ECONNRESET: 'the connection was lost (ECONNRESET)',
}

/** The fault of a connection that is being opened. */
export function readConnectFault(cause: unknown, { hasTls }: { readonly hasTls: boolean }): PostgresFault {
  const fault = readFault(cause)
  if (lostMessages[fault.code] === undefined && fault.code !== ownCodes.lost) return fault
  return hasTls
    ? ownFault('noTls', 'the server closed the connection instead of starting TLS')
    : ownFault('hungUp', 'the server closed the connection before it said anything')
}

/** A fault that neither the server nor the system names. */
export function ownFault(
  code: keyof typeof ownCodes,
  message: string,
  { endsConnection = true }: { readonly endsConnection?: boolean } = {},
): PostgresFault {
  return new PostgresFault({ code: ownCodes[code], message, endsConnection })
}

/** The fault of a server that takes no writes; `complaint` is for example `is a standby`. */
export function notPrimary(complaint: string): PostgresFault {
  return ownFault('notPrimary', `the server ${complaint}`)
}

/** Makes one fault that says why no host can be used. `faults` are in the order of `hosts`. */
export function combineFaults(
  hosts: readonly { readonly name: string }[],
  faults: readonly PostgresFault[],
): PostgresFault {
  const [first] = faults
  if (first && faults.every(({ code, message }) => code === first.code && message === first.message))
    return first
  const each = hosts.map(({ name }, index) => `${name}: ${faults[index]?.message ?? 'no answer'}`)
  return ownFault('noPrimary', `no host takes writes (${each.join('; ')})`)
}

/** The fault in `cause` or in its causes. */
export function findFault(cause: unknown): PostgresFault | undefined {
  if (cause instanceof StorageError) return findFault(cause.cause)
  return cause instanceof PostgresFault ? cause : undefined
}

/** The error that callers of the store at `place` get for a fault. */
export function explainFault(fault: PostgresFault, place: string): StorageError {
  const next = nextSteps[fault.code] ?? findNextStep(fault)
  const isTold = fault.message.includes(fault.code) || Object.values<string>(ownCodes).includes(fault.code)
  const code = isTold ? '' : ` (${fault.code})`
  const message = `Cannot use ${place}: ${fault.message}${code}; ${next}`
  return new StorageError(message, { cause: fault })
}

/** Like {@link explainFault}, at the opening of the store. An error that a restart cannot fix becomes a StorageRefusedError. */
export function explainOpening(fault: PostgresFault, place: string): StorageError {
  const explained = explainFault(fault, place)
  return lasting.includes(fault.code)
    ? new StorageRefusedError(explained.message, { cause: fault })
    : explained
}

const lasting: readonly string[] = ['28P01', '28000', '3D000', '42501', ownCodes.otherCluster]

const otherNextStep = 'look at the log of the server'
const nextStepOfTls =
  'name the certificate of its authority in postgres.ca_file, or choose another sslmode in the URL'
const away = 'look whether the server runs, and whether this machine reaches it'
const access = 'look at the user in the URL and at its password'
const primary = 'name the server that takes writes in the URL, or all of them with commas between them'
const pooler = 'where a pooler stands before the server, add prepare=false to the URL'
const busy = 'look what keeps the server busy'

const nextSteps: Readonly<Record<string, string>> = {
  ECONNREFUSED: away,
  ENOENT: 'look whether the server runs, and at the folder of its socket in the URL',
  EACCES: 'let this user use the socket of the server',
  EHOSTUNREACH: away,
  ENETUNREACH: away,
  ETIMEDOUT: away,
  CONNECT_TIMEOUT: away,
  [ownCodes.noAnswer]: away,
  ENOTFOUND: 'look at the name of the host in the URL',
  EAI_AGAIN: 'look at the name of the host in the URL, and at the name server',
  CONNECTION_CLOSED: 'it is not known whether a write was done; look at the log of the server',
  CONNECTION_DESTROYED: 'it is not known whether a write was done; look at the log of the server',
  ECONNRESET: 'it is not known whether a write was done; look at the log of the server',
  [ownCodes.lost]: 'it is not known whether a write was done; look at the log of the server',
  [ownCodes.hungUp]: away,
  [ownCodes.noTls]:
    'turn TLS on at the server, or add sslmode=disable to the URL where nobody is on the way to it',
  ERR_TLS_CERT_ALTNAME_INVALID: 'name the host in the URL as the certificate does',
  [ownCodes.closed]: 'ask again once grantd has started again',
  [ownCodes.allBusy]: `${busy}, or raise postgres.pool`,
  '23505': 'a row of this id is there already',
  [ownCodes.notPrimary]: primary,
  [ownCodes.leftBehind]: 'stop the old server, and let it follow the one that was promoted',
  [ownCodes.otherCluster]:
    'name only hosts of one cluster in the URL, and start grantd again where the cluster was made anew',
  [ownCodes.noPrimary]: 'look at each of them; after a failover, wait until one of them is promoted',
  [ownCodes.unreplicated]: 'it is not known whether the standby has the write; look at the standby',
  '25006': primary,
  '26000': pooler,
  '42P05': pooler,
  '28P01': access,
  '28000': `${access}, and at pg_hba.conf of the server`,
  '3D000': 'create the database, or name another one in the URL',
  '40001': 'too many transactions want the same rows; try again',
  '40P01': 'too many transactions want the same rows; try again',
  '42501': 'let this user create tables in the database, or use the user that made them',
  '53300': 'raise max_connections of the server, or lower postgres.pool',
  '57014': `${busy}, or raise postgres.statement_timeout`,
  '57P03': 'wait until the server has started',
}

function findNextStep(fault: PostgresFault): string {
  // The message of pgbouncer for a setting that it cannot keep for each client.
  if (fault.message.includes('startup parameter')) return pooler
  // For a transaction that a pooler sent there.
  if (fault.message.includes('hot standby')) return primary
  return isOfTls(fault) ? nextStepOfTls : otherNextStep
}

function isOfTls({ code, message }: PostgresFault): boolean {
  return /CERT|TLS|SSL|UNABLE_TO/.test(code) || /certificate|\bTLS\b|\bSSL\b/i.test(message)
}
