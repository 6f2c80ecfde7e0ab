import { expect, test } from 'bun:test'
import { createLog } from '../src/log.ts'

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
