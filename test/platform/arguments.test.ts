import { expect, test } from 'bun:test'
import { parseArguments, UnknownOptionError, UsageError } from '../../src/platform/arguments.ts'

const types = { config: 'string', port: 'string', help: 'boolean' } as const
const aliases = { 'old-port': 'port' } as const
const parse = (...words: string[]) => parseArguments(words, { types, aliases, lists: ['config'] })

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
test('an argument whose bytes were no UTF-8 is refused, because it names another file', () => {
  for (const words of [['a\uFFFD'], ['--config', '\uFFFD'], ['--config=\uFFFD']])
    expect(() => parse(...words)).toThrow(/^The argument '.*\uFFFD' is not UTF-8; rename what it names$/)
})
test.each(wrong.map((words) => [words] as const))('%j is refused', (words) => {
  expect(() => parse(...words)).toThrow(UsageError)
})
test('an option of before is the one of now', () => {
  expect(parse('--old-port', '1').text('port')).toBe('1')
  expect(parse('--old-port', '1').given).toEqual(['port'])
  expect(() => parse('--port=2', '--old-port=1')).toThrow('--port is there twice')
  expect(parse('--old-port=1').text('old-port')).toBeUndefined()
})
test('two values of a list add up, and two of another option are refused unless they are the same', () => {
  expect(parse('--config', 'a', '--config=b,c').text('config')).toBe('a,b,c')
  expect(parse('--port', '1', '--port=1').text('port')).toBe('1')
  expect(() => parse('--port', '1', '--port=2')).toThrow(
    new UsageError("--port is there twice, with '1' and '2'; give it once"),
  )
})
test('a value may begin with one dash, and with two after an equals sign', () => {
  expect(parse('--port', '-1').text('port')).toBe('-1')
  expect(parse('--config', '-').text('config')).toBe('-')
  expect(parse('--config=--help').text('config')).toBe('--help')
})

const told = [
  [['--config', '--port', '1'], "--config wants a value; if '--port' is meant as one, write --config=--port"],
  [['--config'], '--config wants a value'],
  [['--help=yes'], '--help takes no value'],
  [['--old-port='], '--old-port is empty; give it a value, or leave it out'],
  [[''], 'One of the words is empty; give it a value, or leave it out'],
] as const
test.each(told)('%j is told as %s', (words, message) => {
  expect(() => parse(...words)).toThrow(new UsageError(message))
})
test.each(['--confg', '-x', '--__proto__', '--constructor', '--no-help'])(
  '%s is unknown, as it was typed',
  (word) => {
    expect(() => parse(word)).toThrow(new UnknownOptionError(word))
  },
)
test('the refusal names the option', () => {
  expect(() => parse('--confg', 'a')).toThrow('--confg')
})
