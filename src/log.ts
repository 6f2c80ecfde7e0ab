export type LogLevel = 'info' | 'warn' | 'error'

/** Values that a log line may hold. What is undefined is left out. */
export type LogFields = Readonly<Record<string, string | number | boolean | undefined>>

/** Writes one JSON object a line. */
export type Log = (level: LogLevel, message: string, fields?: LogFields) => void

export function createLog(write: (line: string) => void, now: () => number): Log {
  return (level, message, fields) => {
    write(`${JSON.stringify({ time: new Date(now()).toISOString(), level, message, ...fields })}\n`)
  }
}

/** A fault and what caused it, in one line, for the log alone. */
export function renderCause(fault: unknown): string {
  if (!(fault instanceof Error)) return String(fault)
  const head = fault.name === 'Error' ? fault.message : `${fault.name}: ${fault.message}`
  return fault.cause === undefined ? head : `${head} <- ${renderCause(fault.cause)}`
}
