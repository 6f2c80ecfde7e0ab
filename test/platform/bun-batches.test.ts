import { expect, test } from 'bun:test'
import { createBatches } from '../../src/platform/bun/bun-batches.ts'

/** Turns that end when the test says so. */
function startTurns() {
  let waiting: (() => void)[] = []
  const log: string[] = []
  const take = createBatches((callback) => void waiting.push(callback))
  return {
    log,
    waiting: () => waiting.length,
    /** A request whose work ends with `work`; what becomes of it is logged. */
    take(name: string, work: () => Response | Promise<Response> = async () => new Response()) {
      const answer = take(new Request('http://here/'), () => {
        log.push(`${name} is worked on`)
        return work()
      })
      answer.then(
        () => log.push(`${name} is answered`),
        (cause) => log.push(`${name}: ${cause}`),
      )
    },
    async end() {
      const ended = waiting
      waiting = []
      for (const callback of ended) callback()
      await settle()
    },
  }
}

const settle = () => new Promise((resolve) => setImmediate(resolve))

test('all requests of a turn are there before the first is worked on, and are answered together', async () => {
  const turns = startTurns()
  turns.take('a')
  turns.take('b')
  await settle()
  expect([turns.log, turns.waiting()]).toEqual([[], 1])
  await turns.end()
  expect([turns.log, turns.waiting()]).toEqual([['a is worked on', 'b is worked on'], 1])
  await turns.end()
  expect(turns.log.slice(2)).toEqual(['a is answered', 'b is answered'])
})

test('an answer that takes longer holds no other up', async () => {
  const turns = startTurns()
  const late = Promise.withResolvers<Response>()
  turns.take('slow', () => late.promise)
  turns.take('quick')
  await turns.end()
  await turns.end()
  expect(turns.log).toEqual(['slow is worked on', 'quick is worked on', 'quick is answered'])
  late.resolve(new Response())
  await settle()
  expect(turns.log).toHaveLength(3)
  await turns.end()
  expect(turns.log.at(-1)).toBe('slow is answered')
})

test('an answer that is there at once waits for no second turn', async () => {
  const turns = startTurns()
  turns.take('ready', () => new Response())
  await turns.end()
  expect([turns.log, turns.waiting()]).toEqual([['ready is worked on', 'ready is answered'], 0])
})

test.each([
  [
    'at once',
    () => {
      throw new TypeError('no answer')
    },
  ],
  ['later', () => Promise.reject(new TypeError('no answer'))],
] as const)('a failure %s goes on, and takes no other along', async (_, work) => {
  const turns = startTurns()
  turns.take('bad', work)
  turns.take('good')
  await turns.end()
  await turns.end()
  expect(turns.log).toContain('bad: TypeError: no answer')
  expect(turns.log.at(-1)).toBe('good is answered')
})
