const numbers = new Intl.NumberFormat('en')

/** `1,200`, or with a noun `1 token` and `1,200 tokens`. */
export function sayCount(count: number, noun?: string, plural = `${noun}s`): string {
  const number = numbers.format(count)
  return noun === undefined ? number : `${number} ${count === 1 ? noun : plural}`
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const

/** A span of milliseconds in its two largest units: `2 days 3 hours`, `40 seconds`. */
export function saySpan(milliseconds: number): string {
  let rest = Math.max(0, milliseconds)
  const parts: string[] = []
  for (const [unit, length] of units) {
    const count = Math.floor(rest / length)
    rest -= count * length
    if (count > 0) parts.push(sayCount(count, unit))
    // A smaller unit says something only beside the next larger one.
    else if (parts.length > 0) break
    if (parts.length === 2) break
  }
  return parts.length === 0 ? '0 seconds' : parts.join(' ')
}

/** How long ago. */
export function saySince(milliseconds: number): string {
  return milliseconds < 1000 ? 'just now' : `${saySpan(milliseconds)} ago`
}

/** `2026-11-29 15:04:05 UTC`: the page does not know the time zone of its reader, and the log has UTC too. */
export function sayMoment(moment: number): string {
  return `${new Date(moment).toISOString().slice(0, 19).replace('T', ' ')} UTC`
}

export function sayMilliseconds(milliseconds: number): string {
  return milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : `${sayCount(Math.round(milliseconds))} ms`
}

export function sayBytes(bytes: number): string {
  return `${sayCount(Math.round(bytes / 1_048_576))} MiB`
}
