import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { auditEventTypes } from '../../src/protocol/audit-events.ts'

const page = await Bun.file(join(import.meta.dir, '../../docs/audit.md')).text()

/** The types in the first column of the table of events. */
const listed = page
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/`([a-z_]+\.[a-z_]+)`/g)])
  .map(([, type = '']) => type)

test('docs/audit.md lists every type of event once, and no other', () => {
  expect(listed.toSorted()).toEqual([...auditEventTypes].sort())
})
