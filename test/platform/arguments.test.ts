import { expect, test } from 'bun:test'
import { parseArguments, UsageError } from '../../src/platform/arguments.ts'

const types = { config: 'string', port: 'string', help: 'boolean' } as const
const parse = (...words: string[]) => parseArguments(words, types)

test.each([[['--config', 'a.yaml']], [['--config=a.yaml']]])('%j names a file', (words) => {
  expect(parse(...words).text('config')).toBe('a.yaml')
})
test.each([[['--help']], [['-h']], [['serve', '-h']]])('%j asks for help', (words) => {
  expect(parse(...words).isSet('help')).toBe(true)
})
test('what was not given is not there', () => {
  const none = parse()
  expect([none.text('config'), none.text('help'), none.isSet('help'), none.isSet('config')]).toEqual([
    undefined,
    undefined,
    false,
    false,
  ])
  expect(none.positionals).toEqual([])
})
test('the words between are kept in order, and all after -- are words', () => {
  expect(parse('a', '--port', '1', 'b', '--', '--help').positionals).toEqual(['a', 'b', '--help'])
})
test('a value may hold an equals sign, and is not empty', () => {
  expect(parse('--config=a=b').text('config')).toBe('a=b')
})

const wrong = [
  ['--config='],
  ['a', ''],
  ['--confg', 'a'],
  ['-x'],
  ['--config'],
  ['--help=yes'],
  ['--config', '--help'],
  ['--no-help'],
  ['--__proto__'],
]
test.each(wrong.map((words) => [words] as const))('%j is refused', (words) => {
  expect(() => parse(...words)).toThrow(UsageError)
})
test('the refusal names the option', () => {
  expect(() => parse('--confg', 'a')).toThrow('--confg')
})
