import { expect, test } from 'bun:test'
import { commands } from '../../src/commands/command-table.ts'
import { readDocument } from './document.ts'

test('the table of commands in README.md has every command', async () => {
  const readme = await readDocument('README.md')
  const [, table = ''] = /^\| command \| .*\n((?:\|.*\n)+)/m.exec(readme) ?? []
  const isThere = (name: string) => new RegExp(`\`(?:grantd )?\\[?${name}\\b`).test(table)
  expect(commands.map(({ name }) => name).filter((name) => !isThere(name))).toEqual([])
})
