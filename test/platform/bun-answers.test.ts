import { expect, test } from 'bun:test'
import { createGathering } from '../../src/platform/bun-answers.ts'

/** Turns that end when the test says so. */
function startTurns() {
  let waiting: (() => void)[] = []
  return {
    gather: createGathering((callback) => void waiting.push(callback)),
    waiting: () => waiting.length,
    async end() {
      const ended = waiting
      waiting = []
      for (const callback of ended) callback()
      await settle()
    },
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

async function isDone(answer: unknown): Promise<boolean> {
  await settle()
  return (await Promise.race([answer, 'pending'])) !== 'pending'
}

test('answers that are done in one turn are given together at its end, in their order', async () => {
  const turns = startTurns()
  const given: string[] = []
  const ask = (text: string) =>
    Promise.resolve(turns.gather(Promise.resolve(new Response(text)))).then(() => given.push(text))
  const answers = [ask('a'), ask('b'), ask('c')]
  await settle()
  expect([given.length, turns.waiting()]).toEqual([0, 1])
  await turns.end()
  await Promise.all(answers)
  expect(given).toEqual(['a', 'b', 'c'])
})

test('an answer that takes longer holds no other up, and waits for the end of its own turn', async () => {
  const turns = startTurns()
  const late = Promise.withResolvers<Response>()
  const [first, second] = [turns.gather(Promise.resolve(new Response())), turns.gather(late.promise)]
  await settle()
  await turns.end()
  expect([await isDone(first), await isDone(second)]).toEqual([true, false])
  late.resolve(new Response())
  expect(await isDone(second)).toBe(false)
  await turns.end()
  expect(await isDone(second)).toBe(true)
})

test('an answer that is there at once is not held', () => {
  const turns = startTurns()
  const answer = new Response()
  expect(turns.gather(answer)).toBe(answer)
  expect(turns.waiting()).toBe(0)
})

test('a failure goes on, and waits for nothing', async () => {
  const turns = startTurns()
  const failed = Promise.resolve(turns.gather(Promise.reject(new TypeError('no answer'))))
  expect(await failed.catch(String)).toBe('TypeError: no answer')
  expect(turns.waiting()).toBe(0)
})
