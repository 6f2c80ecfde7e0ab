import { expect, test } from 'bun:test'
import { FairGate } from '../../src/async/fair-gate.ts'

test('a sender with long jobs takes no more time than one with short ones', async () => {
  let time = 0
  const gate = new FairGate({ atOnce: 1, limits: { lane: 100, total: 1000 }, monotonic: () => time })
  const order: string[] = []
  const run = (tenant: string, milliseconds: number) =>
    gate.run(
      async () => {
        order.push(tenant)
        time += milliseconds
      },
      () => ({ isKnown: false, path: [tenant, 'address'] }),
    )
  const dear = Array.from({ length: 4 }, () => run('evil', 10_000))
  const cheap = Array.from({ length: 60 }, () => run('acme', 50))
  await Promise.all([...dear, ...cheap])
  // The first one found the gate free, and the second one its turn. The third one waits until all others are done.
  expect(order.map((tenant) => tenant[0]).join('')).toBe(`ee${'a'.repeat(60)}ee`)
})
