import { describe, expect, test } from 'bun:test'
import { programs } from '../support/spawn-server.ts'
import { readDocument } from './document.ts'

/**
 * test/golden/messages.json lists what grantd says when something is wrong, without the parts that are filled in. A message that is
 * changed or removed fails here until list and page follow. A new one is added to the list; the kits of the tests refuse errors,
 * warnings and error descriptions that no page has (support/documented.ts).
 */

const messages: Record<string, string[]> = await Bun.file(
  new URL('../golden/messages.json', import.meta.url),
).json()
const page = await readDocument('docs/troubleshooting.md')
const executable = Buffer.from(await Bun.file(programs.executable[0]).arrayBuffer())

describe.each(Object.entries(messages))('%s', (_, sentences) => {
  test('each message is in docs/troubleshooting.md', () => {
    expect(sentences.filter((sentence) => !page.includes(sentence))).toEqual([])
  })

  test('each message is still one that the executable has', () => {
    expect(sentences.filter((sentence) => !executable.includes(sentence))).toEqual([])
  })
})
