import { expect, test } from 'bun:test'
import { faultsOf } from '../support/config-text.ts'

const mistakes: readonly [what: string, text: string, place: string, next: RegExp][] = [
  [
    'a line that is indented too far',
    'server:\n  port: 1\n   host: a\n',
    '2:9',
    /indent the line below like its neighbours/,
  ],
  ['a colon in a text', 'data_dir: a: b', '1:11', /put quotes around a text with ": " in it$/],
  [
    'a line that is indented too little',
    'server:\n  port: 1\n host: a\n',
    '3:1',
    /let all keys of one map begin in the same column$/,
  ],
  ['a tab', 'server:\n\tport: 1\n', '2:1', /use spaces$/],
  ['a reserved character', 'data_dir: @x', '1:11', /put quotes around it$/],
  ['a backslash', 'data_dir: "C:\\data"', '1:14', /single quotes$/],
  ['a placeholder in braces', `server: { port: \${PORT} }`, '1:18', /put quotes around a text with \{ \}/],
  ['an open bracket', 'include: [a\n', '2:1', /a bracket above is not closed/],
]
test.each(mistakes)('%s: one fault with its next step', async (_what, text, place, next) => {
  const faults = await faultsOf(text)
  expect(faults).toHaveLength(1)
  expect(faults[0]).toStartWith(`config.yaml:${place}: the file is not valid YAML: `)
  expect(faults[0]).toMatch(next)
})

test('two tabs are two faults', async () => {
  expect(await faultsOf('server:\n\tport: 1\nlog:\n\tlevel: warn\n')).toHaveLength(2)
})

test('what follows a fault is not quoted, because it may be a secret', async () => {
  const text = 'tenants: { a: { clients: { x: { secret: {hunter2hunter2} own-secret-1 } } } }'
  expect((await faultsOf(text)).join()).not.toMatch(/hunter2|own-secret/)
  expect((await faultsOf('data_dir: {a}} own-secret-1')).join()).not.toContain('own-secret')
})
