import type { LogFields, LogLevel } from '../log.ts'

/** A warning or an error of the log, without the names of tenants, clients and people. */
export interface Fault {
  /** When it came last, in milliseconds since the epoch. */
  readonly at: number
  readonly level: 'warn' | 'error'
  readonly message: string
  /** Facts of the line by their names, such as `route`. */
  readonly facts: Readonly<Record<string, string>>
  /** How often it came in a row. */
  readonly count: number
}

/** Faults that are kept. */
const most = 20
/** Characters of a fact. */
const longest = 300

/** Fields that name nobody. */
const shownFields = [
  ...[
    'worker',
    'pid',
    'code',
    'signal',
    'route',
    'status',
    'error',
    'setting',
    'by',
    'more_faults',
    'line',
    'column',
  ],
  ...['lived_ms', 'restart_in_ms', 'count', 'events', 'waiting', 'request_id'],
] as const

/** Fields whose values no reason may repeat. */
const namingFields = ['tenant', 'client_id', 'sub', 'id', 'key_id', 'secret_id', 'kid'] as const

/**
 * Keeps the last warnings and errors for the status page, which names no tenant, client or person. So it masks what messages quote, and
 * leaves out a reason that speaks of a tenant; the log has it.
 */
export class FaultRing {
  readonly #now: () => number
  #faults: Fault[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  /** The newest first. */
  list(): readonly Fault[] {
    return this.#faults
  }

  /** Takes a line of the log; leaves information out. */
  note(level: LogLevel, message: string, fields: LogFields = {}): void {
    if (level !== 'warn' && level !== 'error') return
    const fault = { at: this.#now(), level, message: mask(message), facts: factsOf(fields), count: 1 }
    const [last] = this.#faults
    const rest = last && isSame(last, fault) ? this.#faults.slice(1) : this.#faults
    const count = rest === this.#faults ? 1 : (last?.count ?? 0) + 1
    this.#faults = [{ ...fault, count }, ...rest].slice(0, most)
  }
}

function factsOf(fields: LogFields): Record<string, string> {
  const shown = shownFields.flatMap((name) => {
    const value = fields[name]
    return value === undefined ? [] : [[name as string, shorten(String(value))] as const]
  })
  // Only the file of a place in it is the configuration. Others are in folders of tenants.
  const { file, line } = fields
  if (file !== undefined && line !== undefined) shown.push(['file', shorten(String(file))])
  // The rest of the sentence may name a tenant: `config.yaml:3:5: tenants.acme...`.
  const place =
    typeof fields['fault'] === 'string' ? /^\S+?:\d+(?::\d+)?/.exec(fields['fault'])?.[0] : undefined
  if (place !== undefined) shown.push(['fault', shorten(place)])
  const reason = reasonOf(fields)
  return Object.fromEntries(reason === undefined ? shown : [...shown, ['reason', reason]])
}

function reasonOf(fields: LogFields): string | undefined {
  const { reason } = fields
  if (typeof reason !== 'string') return undefined
  const named = namingFields.map((name) => fields[name]).filter((value) => value !== undefined)
  if (/tenant|client/i.test(reason) || named.some((value) => reason.includes(String(value))))
    return 'see the log'
  return shorten(mask(reason))
}

/** Quoted text may name anything. */
function mask(text: string): string {
  return text.replace(/'[^']*'/g, "'…'").replace(/"[^"]*"/g, '"…"')
}

function shorten(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)}…` : text
}

/** Each request has another id, and the same fault. */
function isSame(a: Fault, b: Fault): boolean {
  const text = ({ level, message, facts }: Fault) =>
    JSON.stringify([level, message, { ...facts, request_id: '' }])
  return text(a) === text(b)
}
