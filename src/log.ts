import { printable } from './printable.ts'

export type LogLevel = 'info' | 'warn' | 'error'

/** Values that a log line may hold. Undefined ones are left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Writes one JSON object per line. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

export function createLog(write: (line: string) => void, now: () => number): Log {
  const renderTime = createClockFace()
  return (level, message, fields = {}) => {
    const head = `{"time":"${renderTime(now())}","level":"${level}","message":${JSON.stringify(message)}`
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

/** Renders moments (ms). It keeps the last text, because a busy server renders the same moment many times. */
function createClockFace(): (moment: number) => string {
  let shown = { moment: Number.NaN, text: '' }
  return (moment) => {
    if (moment !== shown.moment) shown = { moment, text: new Date(moment).toISOString() }
    return shown.text
  }
}

/** An error and its causes in one line, for the log only. */
export function renderCause(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  const head = fault.name === 'Error' ? fault.message : `${fault.name}: ${fault.message}`
  return fault.cause === undefined ? head : `${head} <- ${renderCause(fault.cause)}`
}
