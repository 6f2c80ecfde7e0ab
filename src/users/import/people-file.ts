import { isMembers, parseJson } from '../../protocol/members.ts'

/** A person of a file. `value` is undefined for a line that is no JSON. */
export interface FilePerson {
  /** The line, or the number in the list of Keycloak, from 1. */
  readonly number: number
  readonly value: unknown
}

/**
 * Reads the text of a file of people: one JSON object on each line, a JSON array of them, or an export of Keycloak, which is one object
 * with the member `users`. Empty lines are left out.
 */
export function readPeopleFile(text: string): FilePerson[] {
  const whole = parseJson(text)
  const list = Array.isArray(whole) ? whole : isMembers(whole) ? whole['users'] : undefined
  if (Array.isArray(list)) return list.map((value: unknown, index) => ({ number: index + 1, value }))
  return text
    .split('\n')
    .map((line, index) => ({ number: index + 1, line: line.trim() }))
    .filter(({ line }) => line !== '')
    .map(({ number, line }) => ({ number, value: parseJson(line) }))
}
