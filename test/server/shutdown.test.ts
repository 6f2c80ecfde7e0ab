import { expect, test } from 'bun:test'
import type { Lifecycle } from '../../src/deps.ts'
import { runUntilStopped } from '../../src/server/shutdown.ts'
import { orderOf, type StopOrder } from '../../src/supervisor/stop-order.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** A server whose clock goes when it is told to, and which notes what is done to it, and when. */
function setUp({
  shutdownDelay = 8000,
  phase = 'ready',
}: {
  shutdownDelay?: number
  phase?: Lifecycle['phase']
} = {}) {
  const done: string[] = []
  const timers = new Set<Timer>()
  const drained = Promise.withResolvers<void>()
  const lifecycle: Lifecycle = { phase }
  let time = 0
  let order = (_order: StopOrder) => {}
  const note = (what: string) => void done.push(`${what} at ${time}`)
  const code = runUntilStopped({
    platform: {
      after: (milliseconds, callback) => {
        const timer = { at: time + milliseconds, callback }
        timers.add(timer)
        return () => void timers.delete(timer)
      },
    },
    listener: {
      port: 1,
      holdOff: async () => {
        note('held off')
        return true
      },
      drain: () => {
        note('drained')
        return drained.promise
      },
      close: async () => note('cut off'),
    },
    lifecycle,
    log: (_level, message, fields) => note(JSON.stringify([message, fields])),
    shutdownDelay,
    onStop: (listener) => {
      order = listener
      return () => note('unheard')
    },
    onClosed: () => note('told'),
    close: async () => note('closed'),
  })
  const settle = async () => {
    for (let turns = 0; turns < 50; turns++) await Promise.resolve()
  }
  return {
    code,
    done,
    lifecycle,
    timers,
    signal: (name: string) => order(orderOf(name)),
    drained: async () => {
      drained.resolve()
      await settle()
    },
    pass: async (milliseconds: number) => {
      await settle()
      time += milliseconds
      for (const timer of [...timers].filter(({ at }) => at <= time)) {
        timers.delete(timer)
        timer.callback()
        await settle()
      }
    },
  }
}

test('SIGTERM serves for the delay, takes no new connection at its end, and then drains', async () => {
  const server = setUp()
  server.signal('SIGTERM')
  expect(server.lifecycle.phase).toBe('stopping')
  await server.pass(7699)
  expect(server.done).toEqual(['["stopping",{"signal":"SIGTERM","shutdown_delay_ms":8000}] at 0'])
  await server.pass(1)
  await server.pass(300)
  expect(server.done.slice(1)).toEqual(['held off at 7700', 'drained at 8000', 'told at 8000'])
  await server.drained()
  expect(server.done.slice(4)).toEqual(['closed at 8000', '["stopped",null] at 8000', 'unheard at 8000'])
  expect(await server.code).toBe(0)
  expect(server.timers.size).toBe(0)
})

test('a delay that is shorter than the time without new connections is as long as it says', async () => {
  const server = setUp({ shutdownDelay: 100 })
  server.signal('SIGTERM')
  await server.pass(0)
  await server.pass(100)
  expect(server.done.slice(1, 3)).toEqual(['held off at 0', 'drained at 100'])
})

test.each([
  ['without a delay', 'SIGTERM', { shutdownDelay: 0 }],
  ['by Ctrl-C', 'SIGINT', {}],
  ['while it starts', 'SIGTERM', { phase: 'starting' }],
] as const)('%s it drains at once', async (_, signal, options) => {
  const server = setUp(options)
  server.signal(signal)
  await server.pass(0)
  expect(server.done).toEqual([`["stopping",{"signal":"${signal}"}] at 0`, 'drained at 0', 'told at 0'])
  await server.drained()
  expect(await server.code).toBe(0)
})

test.each([
  ['SIGTERM', 143],
  ['SIGINT', 130],
])('a second signal, %s, ends it at once in the middle of the delay, with %d', async (signal, code) => {
  const server = setUp()
  server.signal('SIGTERM')
  await server.pass(1000)
  server.signal(signal)
  expect(await server.code).toBe(code)
  expect([server.done.slice(1), server.timers.size]).toEqual([['unheard at 1000'], 0])
})

test('what is still in flight after ten seconds is cut off, and the end is orderly all the same', async () => {
  const server = setUp({ shutdownDelay: 0 })
  server.signal('SIGTERM')
  await server.pass(10_000)
  expect(server.done.slice(3)).toEqual([
    '["stopped with requests in flight",null] at 10000',
    'cut off at 10000',
    'closed at 10000',
    'unheard at 10000',
  ])
  expect(await server.code).toBe(0)
})
