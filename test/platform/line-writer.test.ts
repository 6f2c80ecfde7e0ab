import { expect, test } from 'bun:test'
import { createLineWriter } from '../../src/platform/line-writer.ts'

function openWriter(options?: { isShared: boolean }, isStalled = false) {
  const written: string[] = []
  const turns: (() => void)[] = []
  const pending: ((isWritten: boolean) => void)[] = []
  const writer = createLineWriter(
    (text, done) => {
      written.push(text)
      pending.push(done)
      if (!isStalled) for (const each of pending.splice(0)) each(true)
    },
    (callback) => turns.push(callback),
    options,
  )
  const turn = () => {
    for (const callback of turns.splice(0)) callback()
  }
  /** Ends the oldest write that has not ended. */
  const end = (isWritten: boolean) => pending.shift()?.(isWritten)
  return { ...writer, written, turn, end, pending }
}

test('the lines of a moment go out together, in their order', () => {
  const { add, written, turn } = openWriter()
  add('one\n')
  add('two\n')
  expect(written).toEqual([])
  turn()
  expect(written).toEqual(['one\ntwo\n'])
  add('three\n')
  turn()
  turn()
  expect(written).toEqual(['one\ntwo\n', 'three\n'])
})

test('a flush writes what waits, once', () => {
  const { add, flush, written, turn } = openWriter()
  flush()
  add('one\n')
  flush()
  flush()
  turn()
  expect(written).toEqual(['one\n'])
})

test('no write of whole lines is more than a pipe takes at once, in bytes', () => {
  const { add, written, turn } = openWriter()
  const lines = Array.from({ length: 100 }, (_, index) => `${index} ${'é'.repeat(index * 7)}\n`)
  for (const line of lines) add(line)
  turn()
  expect(written.join('')).toBe(lines.join(''))
  expect(written.length).toBeLessThan(lines.length / 2)
  for (const text of written) {
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096)
    expect(text.endsWith('\n')).toBeTrue()
  }
})

test('a line that is longer than that goes out alone', () => {
  const { add, written, turn } = openWriter()
  add('before\n')
  add(`${'x'.repeat(5000)}\n`)
  add('after\n')
  turn()
  expect(written.map((text) => text.length)).toEqual([7, 5001, 6])
})

test('a process that has the place for itself writes up to 32 KB at once, and never a part of a line', () => {
  const { add, written, turn } = openWriter({ isShared: false })
  const lines = Array.from({ length: 1000 }, (_, index) => `${index} ${'x'.repeat(90)}\n`)
  for (const line of lines) add(line)
  turn()
  expect(written.join('')).toBe(lines.join(''))
  expect(written).toHaveLength(3)
  for (const text of written) {
    expect(text.length).toBeLessThanOrEqual(32_768)
    expect(text.endsWith('\n')).toBeTrue()
  }
})

test('what comes after others share the place is written as a pipe takes it', () => {
  const { add, share, written, turn } = openWriter({ isShared: false })
  const line = `${'é'.repeat(50)}\n`
  for (let count = 0; count < 100; count++) add(line)
  share()
  expect(written).toEqual([line.repeat(100)])
  for (let count = 0; count < 100; count++) add(line)
  turn()
  expect(written.join('')).toBe(line.repeat(200))
  for (const text of written.slice(1)) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096)
})

const kilobyte = `${'x'.repeat(1023)}\n`

test('at most a megabyte waits for a reader that stands still, and what was lost is told once when it reads again', () => {
  const { add, onLost, turn, end, written, pending } = openWriter({ isShared: false }, true)
  const told: number[] = []
  onLost((count) => told.push(count))
  for (let count = 0; count < 1500; count++) add(kilobyte)
  turn()
  const units = () => written.reduce((sum, text) => sum + text.length, 0)
  expect(units()).toBe(1024 * 1024)
  expect(told).toEqual([])
  for (let left = pending.length; left > 0; left--) end(true)
  expect(told).toEqual([1500 - 1024])
  add(kilobyte)
  turn()
  end(true)
  expect([units(), told]).toEqual([1025 * 1024, [476]])
})

test('lines whose write fails are lost, and the next ones begin on a line of their own', () => {
  const { add, onLost, turn, end, written } = openWriter({ isShared: false }, true)
  const told: number[] = []
  onLost((count) => told.push(count))
  for (const isWritten of [true, false, false, true, true]) {
    add('one\n')
    add('two\n')
    turn()
    end(isWritten)
  }
  expect(told).toEqual([4])
  expect(written.map((text) => text.startsWith('\n'))).toEqual([false, false, true, true, false])
})
