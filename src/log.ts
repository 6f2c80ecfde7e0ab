import { printable } from './printable.ts'

export type LogLevel = 'info' | 'warn' | 'error'

/** Values that a log line may hold. What is undefined is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Writes one JSON object a line. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

export function createLog(write: (line: string) => void, now: () => number): Log {
  const renderTime = createClockFace()
  return (level, message, fields = {}) => {
    const head = `{"time":"${renderTime(now())}","level":"${level}","message":${JSON.stringify(message)}`
    write(`${harmless(head + renderRest(fields))}\n`)
  }
}

/** JSON may hold characters that act on the terminal in which somebody reads the log; as escapes they mean the same to a program. */
function harmless(json: string): string {
  return plainText.test(json) ? json : printable(json)
}

/** Almost every line; this test costs a fifth of a microsecond. */
const plainText = /^[\x20-\x7e]*$/

/** The rest of an object that was begun: its own members are not copied into a new one first. */
function renderRest(fields: LogFields): string {
  const text = JSON.stringify(fields)
  return text === '{}' ? text.slice(1) : `,${text.slice(1)}`
}

/** Renders moments (ms), of which many are the same one in a busy server. */
function createClockFace(): (moment: number) => string {
  let shown = { moment: Number.NaN, text: '' }
  return (moment) => {
    if (moment !== shown.moment) shown = { moment, text: new Date(moment).toISOString() }
    return shown.text
  }
}

/** A fault and what caused it, in one line, for the log alone. */
export function renderCause(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  const head = fault.name === 'Error' ? fault.message : `${fault.name}: ${fault.message}`
  return fault.cause === undefined ? head : `${head} <- ${renderCause(fault.cause)}`
}
