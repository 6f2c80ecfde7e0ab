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
