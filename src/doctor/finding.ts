/** `unknown`: it could not be checked, for the reason in the message. */
export type State = 'ok' | 'warning' | 'fault' | 'unknown'

/** What a check says of one thing: for people, and it never has a secret. */
export interface Verdict {
  readonly state: State
  /** The thing, its value, and, unless all is well, what was wanted and the next step. */
  readonly message: string
}

export interface Finding extends Verdict {
  /** The name of the check. */
  readonly check: string
}

const verdictOf =
  (state: State) =>
  (message: string): Verdict => ({ state, message })

export const ok = verdictOf('ok')
export const warning = verdictOf('warning')
export const fault = verdictOf('fault')
export const unknown = verdictOf('unknown')

/** The most lines of one check; a thousand tenants may have the same fault. */
const mostLines = 10

/** The first lines, and how many more there are. */
export function cut(verdicts: readonly Verdict[]): Verdict[] {
  const rest = verdicts.slice(mostLines)
  const worst = rest.some(({ state }) => state === 'fault') ? fault : warning
  const more = rest.length === 0 ? [] : [worst(`${rest.length} more of this kind`)]
  return [...verdicts.slice(0, mostLines), ...more]
}

export function count(number: number, word: string): string {
  return `${number.toLocaleString('en')} ${word}${number === 1 ? '' : 's'}`
}
