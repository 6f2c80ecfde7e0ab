export type LogLevel = 'info' | 'warn' | 'error'

/** Values that a log line may hold. What is undefined is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Writes one JSON object a line. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

export function createLog(write: (line: string) => void, now: () => number): Log {
  const renderTime = createClockFace()
  return (level, message, fields) => {
    write(`${JSON.stringify({ time: renderTime(now()), level, message, ...fields })}\n`)
  }
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
