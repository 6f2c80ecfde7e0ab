import { describe, expect, test } from 'bun:test'
import { createLog, jsonLook, type Log, type LogLook, renderCause } from '../src/log.ts'

function openLog() {
  const lines: string[] = []
  let time = Date.UTC(2030, 0, 1)
  const log = createLog(
    (line) => lines.push(line),
    () => time,
  )
  const advance = (milliseconds: number) => {
    time += milliseconds
  }
  return { log, lines, advance }
}

test.each([
  [undefined, {}],
  [{}, {}],
  [{ tenant: undefined }, {}],
  [
    { tenant: 'a"b', status: 200, isOk: true, error: undefined },
    { tenant: 'a"b', status: 200, isOk: true },
  ],
])('a line with %p is one JSON object', (fields, shown) => {
  const { log, lines } = openLog()
  log('info', 'a "quoted" message', fields)
  const [line = ''] = lines
  expect(line.endsWith('}\n')).toBeTrue()
  const parsed = JSON.parse(line)
  expect(parsed).toEqual({
    time: '2030-01-01T00:00:00.000Z',
    level: 'info',
    message: 'a "quoted" message',
    ...shown,
  })
  expect(Object.keys(parsed).slice(0, 3)).toEqual(['time', 'level', 'message'])
})

test('each line has the time of its own', () => {
  const { log, lines, advance } = openLog()
  log('info', 'one')
  log('info', 'two')
  advance(1)
  log('info', 'three')
  advance(-1)
  log('info', 'four')
  const millis = lines.map((line) => JSON.parse(line).time.slice(-4, -1))
  expect(millis).toEqual(['000', '000', '001', '000'])
})

test('what acts on a terminal is written out, and means the same to a program', () => {
  const { log, lines } = openLog()
  const acting = 'a\u001b[2Jb\u009b2Jc\u007fd\u202ee\u2028f\u2066g\ufeffh ü 😀'
  log('warn', acting, { tenant: acting, [acting]: 1 })
  const [line = ''] = lines
  expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/u)
  expect(line).toContain('ü 😀')
  expect(JSON.parse(line)).toMatchObject({ message: acting, tenant: acting, [acting]: 1 })
})

describe('the look', () => {
  const at = Date.UTC(2030, 0, 1, 12)
  const linesWith = (look: Partial<LogLook>, write: (log: Log) => void) => {
    const lines: string[] = []
    write(
      createLog(
        (line) => lines.push(line),
        () => at,
        () => ({ ...jsonLook, ...look }),
      ),
    )
    return lines
  }
  const all = (log: Log) => {
    for (const level of ['info', 'warn', 'error'] as const) log(level, level)
  }

  test('writes what is serious enough', () => {
    const counts = (['info', 'warn', 'error'] as const).map((level) => linesWith({ level }, all).length)
    expect(counts).toEqual([3, 2, 1])
  })

  test('pretty is a line for people: time of the day, level, message, name=value', () => {
    const lines = linesWith({ format: 'pretty' }, (log) => {
      log('info', 'request', {
        status: 200,
        tenant: 'acme',
        reason: undefined,
        route: '/a b',
        isOk: true,
        empty: '',
      })
      log('warn', 'a thing happened')
    })
    expect(lines).toEqual([
      '12:00:00.000Z INFO  request status=200 tenant=acme route="/a b" isOk=true empty=""\n',
      '12:00:00.000Z WARN  a thing happened\n',
    ])
  })

  test('nothing in a pretty line controls a terminal, or begins another line', () => {
    const [line = ''] = linesWith({ format: 'pretty' }, (log) =>
      log('error', 'x\u001b[2J\n', { reason: 'a\nERROR forged\u202e', 'na\u001bme': '\u001b]0;t\u0007' }),
    )
    expect(line).toBe(
      '12:00:00.000Z ERROR x\\u001b[2J\\u000a reason="a\\nERROR forged\\u202e" na\\u001bme=\\u001b]0;t\\u0007\n',
    )
  })

  test('colours are of time, level and names alone', () => {
    const [line = ''] = linesWith({ format: 'pretty', hasColours: true }, (log) =>
      log('error', 'm', { a: 'b' }),
    )
    expect(line).toBe('\u001b[2m12:00:00.000Z\u001b[0m \u001b[31mERROR\u001b[0m m \u001b[2ma=\u001b[0mb\n')
  })
})

test('a cause that says nothing new is left out', () => {
  const inner = new Error('disk is full')
  const middle = new Error('disk is full', { cause: inner })
  expect(renderCause(new Error('Cannot write: disk is full', { cause: middle }))).toBe(
    'Cannot write: disk is full',
  )
  expect(renderCause(new Error('Cannot write', { cause: middle }))).toBe('Cannot write <- disk is full')
})
