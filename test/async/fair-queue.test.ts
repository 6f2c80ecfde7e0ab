import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { FairQueue, type QueuePlace } from '../../src/async/fair-queue.ts'

const stranger = (tenantId: string, lane = '0'): QueuePlace => ({ isKnown: false, path: [tenantId, lane] })
const known = (tenantId: string, lane: string): QueuePlace => ({ isKnown: true, path: [tenantId, lane] })

function takeAll<T>(queue: FairQueue<T>): T[] {
  const taken: T[] = []
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) taken.push(item)
  return taken
}

test('tenants have their turns one after the other, and so have the lanes of a tenant', () => {
  const queue = new FairQueue<string>({ lane: 100, total: 1000 })
  for (let index = 0; index < 4; index++) queue.push(`guess ${index}`, stranger('acme', '0'))
  queue.push('other client', stranger('acme', '1'))
  queue.push('other tenant', stranger('beta', '0'))
  expect(takeAll(queue)).toEqual(['guess 0', 'other tenant', 'other client', 'guess 1', 'guess 2', 'guess 3'])
})

test('who is known goes first, and every fourth turn is that of somebody else', () => {
  const queue = new FairQueue<string>({ lane: 100, total: 1000 })
  for (let index = 0; index < 3; index++) queue.push(`s${index}`, stranger('acme'))
  for (let index = 0; index < 5; index++) queue.push(`k${index}`, known('acme', 'svc'))
  expect(takeAll(queue)).toEqual(['k0', 'k1', 'k2', 's0', 'k3', 'k4', 's1', 's2'])
})

test('a full lane takes nothing more, and nobody else is refused for it', () => {
  const queue = new FairQueue<string>({ lane: 2, total: 1000 })
  expect([queue.push('a', stranger('acme')), queue.push('b', stranger('acme'))]).toEqual([
    undefined,
    undefined,
  ])
  expect(queue.push('c', stranger('acme'))).toBe('c')
  expect(queue.push('d', stranger('acme', '1'))).toBeUndefined()
  expect(queue.push('e', stranger('beta'))).toBeUndefined()
})

test('a full queue lets go of the newest of whoever has the most, and of strangers before anybody known', () => {
  const queue = new FairQueue<string>({ lane: 100, total: 4 })
  for (let index = 0; index < 3; index++) queue.push(`guess ${index}`, stranger('acme'))
  queue.push('b0', stranger('beta'))
  expect(queue.push('c0', stranger('gamma'))).toBe('guess 2')
  expect(queue.push('k0', known('beta', 'svc'))).toBe('guess 1')
  expect(queue.push('a0', known('acme', 'svc'))).toBe('c0')
  expect(queue.size).toBe(4)
})

const place = fc.record({
  isKnown: fc.boolean(),
  path: fc.tuple(
    fc.constantFrom('acme', 'beta'),
    fc.constantFrom('192.0.2.1', '192.0.2.2'),
    fc.constantFrom('a', 'b'),
  ),
})

test('whatever comes and goes, each item leaves once, and no more are there than there is room for', () => {
  fc.assert(
    fc.property(fc.array(fc.option(place)), (steps) => {
      const queue = new FairQueue<number>({ lane: 3, total: 7 })
      const left: number[] = []
      let pushed = 0
      for (const step of steps) {
        const item = step ? queue.push(pushed++, step) : queue.shift()
        if (item !== undefined) left.push(item)
        expect(queue.size).toBeLessThanOrEqual(7)
        expect(queue.size).toBe(pushed - left.length)
      }
      left.push(...takeAll(queue))
      expect(left.toSorted((a, b) => a - b)).toEqual(Array.from({ length: pushed }, (_, index) => index))
    }),
  )
})

describe('time', () => {
  test('who used more than the others waits until they had as much', () => {
    const queue = new FairQueue<string>({ lane: 100, total: 1000 })
    const answers: string[] = []
    for (let index = 0; index < 3; index++) queue.push('dear', stranger('evil', String(index)))
    for (let index = 0; index < 50; index++) queue.push('cheap', stranger('acme'))
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      answers.push(item)
      queue.charge(stranger(item === 'dear' ? 'evil' : 'acme'), item === 'dear' ? 1000 : 50)
    }
    expect(answers.flatMap((item, index) => (item === 'dear' ? [index] : []))).toEqual([0, 21, 42])
  })

  test('it counts when the sender comes back, and nobody saves it up', () => {
    const queue = new FairQueue<string>({ lane: 100, total: 1000 })
    queue.charge(stranger('evil'), 1000)
    queue.push('dear', stranger('evil'))
    queue.push('cheap', stranger('acme'))
    queue.push('cheap', stranger('acme'))
    queue.push('new', stranger('beta'))
    expect(takeAll(queue)).toEqual(['cheap', 'new', 'cheap', 'dear'])
    // All is even now: what came last used as much as was owed.
    queue.push('dear', stranger('evil'))
    queue.push('cheap', stranger('acme'))
    expect(takeAll(queue)).toEqual(['dear', 'cheap'])
  })

  test('it counts among the senders of a tenant too', () => {
    const queue = new FairQueue<string>({ lane: 100, total: 1000 })
    queue.charge(stranger('acme', '192.0.2.1'), 1000)
    queue.push('dear', stranger('acme', '192.0.2.1'))
    for (let index = 0; index < 3; index++) queue.push('cheap', stranger('acme', '192.0.2.2'))
    expect(takeAll(queue)).toEqual(['cheap', 'cheap', 'cheap', 'dear'])
  })

  test('a thousand places without an item are remembered', () => {
    const queue = new FairQueue<string>({ lane: 100, total: 1000 })
    for (let index = 0; index < 1500; index++) queue.charge(stranger(`t${index}`), 1000)
    for (const name of ['t1499', 't0', 'new']) queue.push(name, stranger(name))
    expect(takeAll(queue)).toEqual(['t0', 'new', 't1499'])
  })
})
