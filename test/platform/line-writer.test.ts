import { expect, test } from 'bun:test'
import { createLineWriter } from '../../src/platform/line-writer.ts'

function openWriter(options?: { isShared: boolean }) {
  const written: string[] = []
  const turns: (() => void)[] = []
  const writer = createLineWriter(
    (text) => written.push(text),
    (callback) => turns.push(callback),
    options,
  )
  const turn = () => {
    for (const callback of turns.splice(0)) callback()
  }
  return { ...writer, written, turn }
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
