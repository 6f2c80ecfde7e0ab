import { expect, test } from 'bun:test'
import { createLogLook, logFormatOption, logLevelOption } from '../../src/cli/log-look.ts'
import { parseArguments, UsageError } from '../../src/platform/arguments.ts'
import { platform } from '../support/test-app.ts'

const settings = { level: 'warn', format: 'auto' } as const

function lookOf(
  args: readonly string[],
  { variables = {}, isTerminal = false }: { variables?: Record<string, string>; isTerminal?: boolean } = {},
) {
  const parsed = parseArguments([...args], {
    types: { [logLevelOption.name]: 'string', [logFormatOption.name]: 'string' },
  })
  return createLogLook(parsed, { ...platform, isTerminal, environment: (name) => variables[name] })
}

test('the settings count, an option or a variable in place of them, and the option first', () => {
  expect(lookOf([])(settings)).toEqual({ level: 'warn', format: 'json', hasColours: false })
  const variables = { GRANTD_LOG_LEVEL: 'error', GRANTD_LOG_FORMAT: 'pretty' }
  expect(lookOf([], { variables })(settings)).toMatchObject({ level: 'error', format: 'pretty' })
  const args = ['--log-level', 'info', '--log-format', 'json']
  expect(lookOf(args, { variables })(settings)).toMatchObject({ level: 'info', format: 'json' })
})

test('auto is pretty on a terminal, with colours unless NO_COLOR says no', () => {
  const isTerminal = true
  expect(lookOf([], { isTerminal })()).toEqual({ level: 'info', format: 'pretty', hasColours: true })
  const plain = lookOf([], { isTerminal, variables: { NO_COLOR: '1' } })
  expect(plain()).toEqual({ level: 'info', format: 'pretty', hasColours: false })
  expect(lookOf([])().hasColours).toBe(false)
})

test('other settings have another look, as after a reload', () => {
  const look = lookOf([])
  expect(look(settings)).toBe(look(settings))
  expect(look({ level: 'error', format: 'pretty' })).toMatchObject({ level: 'error', format: 'pretty' })
})

test.each([
  ['--log-level', 'loud', "The log level is 'loud', wanted info, warn or error"],
  ['--log-format', 'xml', "The log format is 'xml', wanted auto, json or pretty"],
])('%s %s is refused', (option, value, message) => {
  expect(() => lookOf([option, value])).toThrow(new UsageError(message))
})
