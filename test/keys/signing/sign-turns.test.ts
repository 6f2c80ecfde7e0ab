import { expect, test } from 'bun:test'
import { Turns } from '../../../src/keys/signing/sign-turns.ts'

/** Turns that pass by hand. */
function makeTurns() {
  const callbacks: (() => void)[] = []
  const turns = new Turns((callback) => void callbacks.push(callback))
  return { turns, pass: () => callbacks.shift()?.(), waits: () => callbacks.length }
}

test('the first piece is done at once, each of the others in a turn of its own, in order', async () => {
  const { turns, pass, waits } = makeTurns()
  const done: number[] = []
  const results = [1, 2, 3].map((piece) => turns.run(() => done.push(piece)))
  expect(done).toEqual([1])
  pass()
  expect(done).toEqual([1, 2])
  // What comes now waits behind what waited before.
  results.push(turns.run(() => done.push(4)))
  pass()
  expect(done).toEqual([1, 2, 3])
  pass()
  expect(done).toEqual([1, 2, 3, 4])
  expect(await Promise.all(results)).toEqual([1, 2, 3, 4])
  expect(waits()).toBe(1)
  pass()
  expect(waits()).toBe(0)
})

test('when nothing waits no turn is taken, and the next piece is done at once again', () => {
  const { turns, pass, waits } = makeTurns()
  expect(turns.run(() => 'a')).toBe('a')
  pass()
  expect(waits()).toBe(0)
  expect(turns.run(() => 'b')).toBe('b')
})

test('a piece that fails fails for who asked, and the next ones are done', async () => {
  const { turns, pass } = makeTurns()
  const fail = () => {
    throw new TypeError('no')
  }
  expect(() => turns.run(fail)).toThrow('no')
  const failing = turns.run(fail)
  const next = turns.run(() => 'done')
  pass()
  pass()
  await expect(Promise.resolve(failing)).rejects.toThrow('no')
  expect(await next).toBe('done')
})
