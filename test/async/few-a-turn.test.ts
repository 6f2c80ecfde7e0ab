import { expect, test } from 'bun:test'
import { FewATurn } from '../../src/async/few-a-turn.ts'

/** Turns that end when the test says so. */
function makeTurns() {
  let next: (() => void)[] = []
  return {
    nextTurn: (callback: () => void) => void next.push(callback),
    end: async () => {
      const ended = next
      next = []
      for (const callback of ended) callback()
      await Promise.resolve()
      return ended.length
    },
  }
}

test('of many callers at once, two go on in each turn, the first ones first, and none is forgotten', async () => {
  const turns = makeTurns()
  const forms = new FewATurn(2, turns.nextTurn)
  const passed: number[] = []
  const arrive = (at: number) => forms.turn().then(() => passed.push(at))
  for (const at of [0, 1, 2, 3, 4]) void arrive(at)
  expect(passed).toEqual([])
  await turns.end()
  expect(passed).toEqual([0, 1])
  void arrive(5)
  await turns.end()
  expect(passed).toEqual([0, 1, 2, 3])
  await turns.end()
  expect(passed).toEqual([0, 1, 2, 3, 4, 5])
  // Nobody waits, so nothing is called any more, until somebody comes.
  expect(await turns.end()).toBe(0)
  void arrive(6)
  expect(await turns.end()).toBe(1)
  expect(passed).toContain(6)
})
