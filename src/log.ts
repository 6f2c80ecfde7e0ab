import { printable } from './printable.ts'

export type LogLevel = 'info' | 'warn' | 'error'

/** Values that a log line may hold. Undefined ones are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Writes one line. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

/** Which lines are written, and how. */
export interface LogLook {
  /** The least serious level that is written. */
  readonly level: LogLevel
  /** `pretty` is for people, `json` is one object on each line. */
  readonly format: 'json' | 'pretty'
  /** Whether a pretty line has colours. */
  readonly hasColours: boolean
}

/** The look of a log that programs read. */
export const jsonLook: LogLook = { level: 'info', format: 'json', hasColours: false }

const gravity: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 }

/** Creates a log. `look` is asked for each line, so that a reload can change it; default: {@link jsonLook}. */
export function createLog(
  write: (line: string) => void,
  now: () => number,
  look: () => LogLook = () => jsonLook,
): Log {
  const renderTime = createClockFace()
  return (level, message, fields = {}) => {
    const { level: least, format, hasColours } = look()
    if (gravity[level] < gravity[least]) return
    const time = renderTime(now())
    if (format === 'pretty') return write(`${renderPretty({ time, level, message, fields }, hasColours)}\n`)
    const head = `{"time":"${time}","level":"${level}","message":${JSON.stringify(message)}`
    write(`${harmless(head + renderRest(fields))}\n`)
  }
}

/** Escapes the characters of JSON that control a terminal, because people read the log in one. A program reads the same text. */
function harmless(json: string): string {
  return plainText.test(json) ? json : printable(json)
}

/** Matches almost every line. This test costs a fifth of a microsecond. */
const plainText = /^[\x20-\x7e]*$/

/** Renders the rest of an object whose first members are written already. It does not copy the members into a new object. */
function renderRest(fields: LogFields): string {
  const text = JSON.stringify(fields)
  return text === '{}' ? text.slice(1) : `,${text.slice(1)}`
}

interface Line {
  readonly time: string
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
}

/** SGR codes (ECMA-48 section 8.3.117). */
const colours = { info: 32, warn: 33, error: 31 } as const
const dim = 2

/**
 * Time of the day in UTC, level, message, and `name=value`. A value that is no single word is in quotes. Nothing in it controls a
 * terminal.
 */
function renderPretty({ time, level, message, fields }: Line, hasColours: boolean): string {
  const paint = (code: number, text: string) => (hasColours ? `\x1b[${code}m${text}\x1b[0m` : text)
  const facts = Object.entries(fields).flatMap(([name, value]) =>
    value === undefined ? [] : [`${paint(dim, `${printable(name)}=`)}${renderValue(value)}`],
  )
  const head = [
    paint(dim, time.slice('2030-01-01T'.length)),
    paint(colours[level], level.toUpperCase().padEnd(5)),
  ]
  return [...head, printable(message), ...facts].join(' ')
}

function renderValue(value: string | number | boolean): string {
  const text = String(value)
  return printable(/^[^\s"=]+$/.test(text) ? text : JSON.stringify(text))
}

/** Renders moments (ms). It keeps the last text, because a busy server renders the same moment many times. */
function createClockFace(): (moment: number) => string {
  let shown = { moment: Number.NaN, text: '' }
  return (moment) => {
    if (moment !== shown.moment) shown = { moment, text: new Date(moment).toISOString() }
    return shown.text
  }
}

/** An error and those of its causes that say more, in one line, for the log only. */
export function renderCause(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  const head = fault.name === 'Error' ? fault.message : `${fault.name}: ${fault.message}`
  if (fault.cause === undefined) return head
  const cause = renderCause(fault.cause)
  return head.includes(cause) ? head : `${head} <- ${cause}`
}
