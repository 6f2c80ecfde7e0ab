import { expect, test } from 'bun:test'
import { NothingShared } from '../../src/supervisor/plans.ts'
import { behaveWell, plan } from './fake-workers.ts'
import { type Behave, setUp } from './set-up.ts'

test('all workers get the same configuration and port, and the text of the first is shown once all are ready', async () => {
  const { supervisor, started, texts, settle } = setUp({ workers: 'auto' })
  const code = supervisor.run()
  await settle()
  expect(started).toHaveLength(3)
  expect(started.map(({ received }) => received)).toEqual([
    [
      { type: 'begin', config: { path: 'config.yaml', folder: '/srv', text: 'first' }, isQuiet: false },
      { type: 'listen', host: '127.0.0.1', port: 4711, workers: 3 },
    ],
    [
      { type: 'begin', config: { path: 'config.yaml', folder: '/srv', text: 'first' }, isQuiet: true },
      { type: 'listen', host: '127.0.0.1', port: 4711, workers: 3 },
    ],
    [
      { type: 'begin', config: { path: 'config.yaml', folder: '/srv', text: 'first' }, isQuiet: true },
      { type: 'listen', host: '127.0.0.1', port: 4711, workers: 3 },
    ],
  ])
  expect(texts).toEqual(['worker 1'])
  supervisor.stop('SIGTERM')
  expect(await code).toBe(0)
})

test('a first worker that refuses ends the start with its code, and is not tried again', async () => {
  const { supervisor, started } = setUp({ behave: (worker) => worker.exit({ code: 78 }) })
  expect(await supervisor.run()).toBe(78)
  expect(started).toHaveLength(1)
})

test('workers that only crash are tried five times, and then the start is given up', async () => {
  const { supervisor, started, logged, settle, pass } = setUp({
    behave: (worker) => worker.exit({ signal: 'SIGSEGV' }),
  })
  const code = supervisor.run()
  await settle()
  for (let tries = 0; tries < 10; tries++) await pass(10_000)
  expect(await code).toBe(1)
  expect(started).toHaveLength(5)
  expect(logged.at(-1)).toBe('a worker ended, and no other one is started')
})

test('a second worker that cannot start ends the start with its code, and the first does not stay behind', async () => {
  const { supervisor, started, settle, pass } = setUp({
    behave: (worker, message) =>
      worker.environment['GRANTD_WORKER'] === '1' ? behaveWell(worker, message) : worker.exit({ code: 78 }),
  })
  const code = supervisor.run()
  await settle()
  for (let tries = 0; tries < 10; tries++) await pass(10_000)
  expect(await code).toBe(78)
  expect(started).toHaveLength(6)
  expect(started[0]?.isKilled).toBe(true)
})

test('a worker that hangs at its start is ended after two minutes and tried again', async () => {
  const { supervisor, started, logged, settle, pass } = setUp({
    behave: (worker, message) => {
      if (worker.environment['GRANTD_WORKER'] !== '2') behaveWell(worker, message)
    },
  })
  const code = supervisor.run()
  await settle()
  await pass(119_999)
  expect(started).toHaveLength(2)
  await pass(1)
  expect(started[1]?.isKilled).toBe(true)
  expect(logged).toContain('a worker was not ready in time')
  await pass(0)
  expect(started).toHaveLength(3)
  supervisor.stop('SIGTERM')
  expect(await code).toBe(0)
})

test('a stop in the middle of a start stops what is there, with 0 and without the text', async () => {
  const { supervisor, started, texts, settle } = setUp({
    behave: (worker, message) => {
      if (message.type === 'stop') worker.exit({ code: 0 })
    },
  })
  const code = supervisor.run()
  await settle()
  expect(started).toHaveLength(1)
  supervisor.stop('SIGINT')
  expect(await code).toBe(0)
  expect(texts).toEqual([])
})

test('a worker that crashes gets a successor with the same configuration; one that crashes as it stops gets none', async () => {
  const { supervisor, started, settle, pass, change } = setUp({
    behave: (worker, message) => {
      if (message.type !== 'stop') behaveWell(worker, message)
    },
  })
  const code = supervisor.run()
  await settle()
  change('another one')
  started[1]?.exit({ signal: 'SIGKILL' })
  await settle()
  await pass(0)
  expect(started).toHaveLength(3)
  expect(started[2]?.received[0]).toEqual({
    type: 'begin',
    config: { path: 'config.yaml', folder: '/srv', text: 'first' },
    isQuiet: true,
  })
  expect(supervisor.samples()).toMatchObject({ grantd_workers: 2, grantd_worker_restarts_total: 1 })
  supervisor.stop('SIGTERM')
  started[0]?.exit({ signal: 'SIGSEGV' })
  started[2]?.exit({ code: 0 })
  expect(await code).toBe(0)
  expect(started).toHaveLength(3)
})

test('a second signal ends it at once with the code of that signal, and leaves no worker', async () => {
  const { supervisor, started, settle } = setUp({
    behave: (worker, message) => {
      if (message.type !== 'stop') behaveWell(worker, message)
    },
  })
  const code = supervisor.run()
  await settle()
  supervisor.stop('SIGTERM')
  supervisor.stop('SIGINT')
  expect(await code).toBe(130)
  expect(started.map(({ isKilled }) => isKilled)).toEqual([true, true])
})

test('SIGTERM lets workers serve for their shutdown delay, and ends one that takes fifteen seconds more', async () => {
  const { supervisor, started, settle, pass } = setUp({
    behave: (worker, message) => {
      if (message.type === 'begin') worker.say({ type: 'planned', plan: { ...plan, shutdownDelay: 60_000 } })
      else if (message.type !== 'stop') behaveWell(worker, message)
    },
  })
  const code = supervisor.run()
  await settle()
  supervisor.stop('SIGTERM')
  expect(started.map(({ received }) => received.at(-1))).toEqual([
    { type: 'stop', keepServing: true },
    { type: 'stop', keepServing: true },
  ])
  await pass(74_999)
  expect(started.some(({ isKilled }) => isKilled)).toBe(false)
  await pass(1)
  expect(started.every(({ isKilled }) => isKilled)).toBe(true)
  expect(await code).toBe(0)
})

test('SIGINT and a replacement stop workers without their shutdown delay', async () => {
  const { supervisor, started, settle, pass } = setUp({ workers: 1 })
  const code = supervisor.run()
  await settle()
  supervisor.replace()
  await pass(20_000)
  supervisor.stop('SIGINT')
  expect(started.map(({ received }) => received.at(-1))).toEqual([
    { type: 'stop', keepServing: false },
    { type: 'stop', keepServing: false },
  ])
  expect(await code).toBe(0)
})

test('a worker that does not stop is ended after fifteen seconds', async () => {
  const { supervisor, started, settle, pass } = setUp({
    behave: (worker, message) => {
      if (message.type !== 'stop') behaveWell(worker, message)
    },
  })
  const code = supervisor.run()
  await settle()
  supervisor.stop('SIGTERM')
  await pass(15_000)
  expect(await code).toBe(0)
  expect(started.map(({ isKilled }) => isKilled)).toEqual([true, true])
})

test('a replacement steers new connections away before an old worker closes, and one that is asked for meanwhile follows it', async () => {
  const { supervisor, started, settle, pass, change } = setUp()
  const code = supervisor.run()
  await settle()
  change('second')
  supervisor.replace()
  await settle()
  change('third')
  supervisor.replace()
  await settle()
  expect(started).toHaveLength(4)
  expect(started[2]?.received).toEqual([
    { type: 'begin', config: { path: 'config.yaml', folder: '/srv', text: 'second' }, isQuiet: false },
    { type: 'listen', host: '127.0.0.1', port: 4711, workers: 2 },
    { type: 'steer', first: 2, count: 2 },
  ])
  expect(started[0]?.types).toEqual(['begin', 'listen', 'leave'])
  await pass(3000)
  expect(started[0]?.types).toEqual(['begin', 'listen', 'leave', 'stop'])
  expect(started[2]?.received.slice(3, 5)).toEqual([
    { type: 'steer', first: 2, count: 1 },
    { type: 'release' },
  ])
  expect(started).toHaveLength(6)
  expect(started[4]?.received[0]).toEqual({
    type: 'begin',
    config: { path: 'config.yaml', folder: '/srv', text: 'third' },
    isQuiet: false,
  })
  await pass(3000)
  expect(supervisor.samples()).toMatchObject({ grantd_workers: 2 })
  supervisor.stop('SIGTERM')
  expect(await code).toBe(0)
})

test('a replacement whose worker refuses leaves all as it was, and the next one is free to succeed', async () => {
  const { supervisor, started, logged, settle, pass, change } = setUp({
    behave: (worker, message) =>
      message.type === 'begin' && message.config.text === 'faulty'
        ? worker.exit({ code: 78 })
        : behaveWell(worker, message),
  })
  const code = supervisor.run()
  await settle()
  change('faulty')
  supervisor.replace()
  await settle()
  expect(logged.at(-1)).toBe('the workers could not be replaced, the old ones stay')
  expect(started.slice(0, 2).map(({ types }) => types)).toEqual([
    ['begin', 'listen'],
    ['begin', 'listen'],
  ])
  change('good')
  supervisor.replace()
  await settle()
  await pass(3000)
  expect(logged.at(-1)).toBe('replaced the workers')
  supervisor.stop('SIGTERM')
  expect(await code).toBe(0)
})

test('more than one worker without a database is refused, and auto is one that is not replaced', async () => {
  const unshared: Behave = (worker, message) =>
    message.type === 'begin'
      ? worker.say({ type: 'planned', plan: { ...plan, isShared: false } })
      : behaveWell(worker, message)
  await expect(setUp({ behave: unshared }).supervisor.run()).rejects.toThrow(NothingShared)
  const { supervisor, started, logged, settle } = setUp({ workers: 'auto', behave: unshared })
  const code = supervisor.run()
  await settle()
  expect(started).toHaveLength(1)
  supervisor.replace()
  await settle()
  expect(logged.at(-1)).toStartWith('the workers cannot be replaced')
  started[0]?.exit({ code: 3 })
  expect(await code).toBe(3)
  expect(started).toHaveLength(1)
})
