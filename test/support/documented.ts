import { expect } from 'bun:test'
import { join } from 'node:path'

const page = await Bun.file(join(import.meta.dir, '../../docs/troubleshooting.md')).text()

/** Descriptions of a grant that only the tests have (test/grants/second-grant). */
const ofTestGrants = ['The voucher is not good', 'Missing voucher parameter']

/** Throws where docs/troubleshooting.md has not the message of a warning or an error. */
export function expectLogDocumented(lines: readonly Readonly<Record<string, unknown>>[]): void {
  const serious = lines.filter(({ level }) => level === 'warn' || level === 'error')
  const messages = new Set(serious.map(({ message }) => String(message)))
  expect([...messages].filter((message) => !page.includes(message))).toEqual([])
}

/**
 * Throws where docs/troubleshooting.md has not the description of an error of an OAuth endpoint; a name that is filled in stands after a
 * colon. Descriptions of the admin API name the setting that is wrong, and the page has their form alone.
 */
export async function expectAnswerDocumented(answer: Response): Promise<void> {
  const text = answer.status < 400 ? '' : await answer.clone().text()
  const description = /"error_description":"([^":]*)/.exec(text)?.[1] ?? redirectedDescription(answer)
  if (ofTestGrants.includes(description)) return
  expect([description].filter((sentence) => !page.includes(sentence))).toEqual([])
}

/** The description of an error that goes to a client by a redirect (RFC 6749 section 4.1.2.1); empty where there is none. */
function redirectedDescription({ headers }: Response): string {
  const location = headers.get('location')
  const query = location === null || location.startsWith('/') ? '' : (location.split('?')[1] ?? '')
  return new URLSearchParams(query).get('error_description')?.split(':')[0] ?? ''
}
