/** Words for findings (Finding of errors.ts), the same wherever a check explains itself. */

const units = [
  [86_400_000, 'days'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const

/** A length of time (ms) in the largest unit of which it has two: `90 s`, `12 min`. */
export function spanText(milliseconds: number): string {
  const length = Math.abs(milliseconds)
  const [size, name] = units.find(([unit]) => length >= 2 * unit) ?? [1000, 's']
  return `${Math.round(length / size)} ${name}`
}

/** A moment (ms since the epoch), and how far it is from now: `2030-01-01T00:00:00Z, 12 s ago`. */
export function momentText(at: number, now: number): string {
  const distance = at > now ? `in ${spanText(at - now)}` : `${spanText(now - at)} ago`
  return `${dateText(at)}, ${distance}`
}

/** A moment (ms since the epoch) that may be no date, because claims of a sender may have any number. */
export function dateText(at: number): string {
  const date = new Date(at)
  return Number.isNaN(date.getTime())
    ? 'a moment that no calendar has'
    : date.toISOString().replace('.000Z', 'Z')
}

const mostNames = 20

/** The names that would have passed: `one of: a, b`. */
export function oneOf(names: readonly string[]): string {
  if (names.length === 0) return 'nothing: there is none'
  const more = names.length > mostNames ? `, and ${names.length - mostNames} more` : ''
  return `one of: ${names.slice(0, mostNames).join(', ')}${more}`
}

const longestValue = 200

/** A value of the sender in quotes: `"a b"`. It must not be a secret. */
export function quoted(value: unknown): string {
  if (value === undefined) return 'nothing'
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? typeof value)
  const short = text.length > longestValue ? `${text.slice(0, longestValue)}…` : text
  return typeof value === 'string' ? JSON.stringify(short) : short
}

/**
 * A value that a sender wrote, if it is one of those that are known; otherwise what it looks like from outside, because people send secrets
 * in the wrong field, and findings are stored.
 */
export function named(value: string | undefined, known: readonly string[]): string {
  if (value === undefined) return 'nothing'
  return known.includes(value) ? quoted(value) : `a text of ${shapeOf(value)}`
}

/**
 * A URI that a sender wrote, without user, values of its query, and fragment. Another text is shown as {@link named} does, also one such as
 * `id:secret`, which has the form of a URI.
 */
export function uriText(value: string): string {
  const [, head = '', query] =
    /^((?:[A-Za-z][A-Za-z0-9+.-]{1,60}:\/|urn:)[^?#@\s]*)(?:\?([^#]*))?(?:#.*)?$/.exec(value) ?? []
  if (head === '') return named(value, [])
  const names = query?.split('&').map((pair) => (pair.includes('=') ? `${pair.split('=', 1)[0]}=...` : '...'))
  return quoted(names ? `${head}?${names.join('&')}` : head)
}

/** What a secret value looks like from outside: its length, and white space at its ends. */
export function shapeOf(secret: string): string {
  const count = secret.length === 1 ? '1 character' : `${secret.length} characters`
  if (/[\r\n]$/.test(secret)) return `${count} with a line feed at the end`
  if (/\s$/.test(secret)) return `${count} with white space at the end`
  return /^\s/.test(secret) ? `${count} with white space at the beginning` : count
}
