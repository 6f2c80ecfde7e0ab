import { expect, test } from 'bun:test'
import type { Plan } from '../../src/supervisor/worker-messages.ts'
import { behaveWell, type FakeWorker, plan } from './fake-workers.ts'
import { type Behave, setUp } from './set-up.ts'

const idOf = ({ environment }: FakeWorker) => Number(environment['GRANTD_WORKER'])

test('a replacement that cannot look for the file fails, the old workers stay, and the next one is free to succeed', async () => {
  const { supervisor, logged, settle, pass, failToRead } = setUp()
  const code = supervisor.run()
  await settle()
  failToRead(new Error('Cannot look at config.yaml: EACCES'))
  supervisor.replace()
  await settle()
  expect(logged.at(-1)).toBe('the workers could not be replaced, the old ones stay')
  failToRead(undefined)
  supervisor.replace()
  await settle()
  await pass(3000)
  expect(logged.at(-1)).toBe('replaced the workers')
  expect(supervisor.samples()).toMatchObject({
    grantd_workers: 2,
  })
  supervisor.stop('SIGTERM')
  expect(await code).toBe(0)
})

test('a new worker that was ready and ends before its siblings are fails the replacement', async () => {
  const { supervisor, started, logged, settle } = setUp({
    behave: (worker, message) => {
      if (idOf(worker) !== 4 || message.type !== 'listen') behaveWell(worker, message)
    },
  })
  const code = supervisor.run()
  await settle()
  supervisor.replace()
  await settle()
  started[2]?.exit({ signal: 'SIGKILL' })
  await settle()
  started[3]?.say({ type: 'ready', text: '' })
  await settle()
  expect(logged.at(-1)).toBe('the workers could not be replaced, the old ones stay')
  expect(started[3]?.types).toContain('stop')
  expect(started[0]?.types).toEqual(['begin', 'listen'])
  expect(supervisor.samples()).toMatchObject({ grantd_workers: 2 })
  supervisor.stop('SIGTERM')
  expect(await code).toBe(0)
})

test('a new worker that hangs before it steers is ended, another one steers, and its place is filled', async () => {
  const { supervisor, started, logged, settle, pass } = setUp({
    behave: (worker, message) => {
      if (idOf(worker) !== 3 || message.type !== 'steer') behaveWell(worker, message)
    },
  })
  const code = supervisor.run()
  await settle()
  supervisor.replace()
  await settle()
  await pass(5000)
  expect(started[2]?.isKilled).toBe(true)
  expect(started[3]?.received.slice(2)).toEqual([{ type: 'steer', first: 2, count: 1 }])
  await pass(3000)
  expect(logged).toContain('replaced the workers')
  await pass(1)
  expect(started).toHaveLength(5)
  expect(supervisor.samples()).toMatchObject({ grantd_workers: 2 })
  supervisor.stop('SIGTERM')
  expect(await code).toBe(0)
})

test('a worker that is started again and plans for something else never listens, and is tried again later', async () => {
  const others: readonly Partial<Plan>[] = [{ isShared: false }, { storage: 'sqlite b.db' }]
  for (const other of others) {
    const behave: Behave = (worker, message) =>
      idOf(worker) === 3 && message.type === 'begin'
        ? worker.say({ type: 'planned', plan: { ...plan, ...other } })
        : behaveWell(worker, message)
    const { supervisor, started, logged, settle, pass } = setUp({ behave })
    const code = supervisor.run()
    await settle()
    started[1]?.exit({ signal: 'SIGKILL' })
    await settle()
    await pass(0)
    expect(started[2]?.types).toEqual(['begin'])
    expect(started[2]?.isKilled).toBe(true)
    expect(logged).toContain('a worker read another configuration than the others')
    await pass(500)
    expect(supervisor.samples()).toMatchObject({ grantd_workers: 2 })
    supervisor.stop('SIGTERM')
    expect(await code).toBe(0)
  }
})

test('after a replacement that changes the host, workers listen where the first ones did, those started later too', async () => {
  const { supervisor, started, settle, pass, change } = setUp({
    behave: (worker, message) => {
      const isNew = message.type === 'begin' && message.config.text === 'second'
      if (isNew) worker.say({ type: 'planned', plan: { ...plan, host: '0.0.0.0' } })
      else behaveWell(worker, message)
    },
  })
  const code = supervisor.run()
  await settle()
  change('second')
  supervisor.replace()
  await settle()
  await pass(3000)
  started[3]?.exit({ signal: 'SIGKILL' })
  await settle()
  await pass(0)
  const listen = { type: 'listen', host: '127.0.0.1', port: 4711, workers: 2 } as const
  for (const worker of started) expect(worker.received[1]).toEqual(listen)
  expect(started).toHaveLength(5)
  supervisor.stop('SIGTERM')
  expect(await code).toBe(0)
})

test('a worker that hangs is asked for its samples once, however often they are read', async () => {
  const { supervisor, started, settle, pass, pool } = setUp()
  const code = supervisor.run()
  await settle()
  for (let times = 0; times < 3; times++) {
    const collected = pool.collect()
    await pass(1000)
    await collected
  }
  expect(started[0]?.types).toEqual(['begin', 'listen', 'metrics'])
  started[0]?.say({ type: 'metrics', samples: {} })
  await settle()
  const collected = pool.collect()
  await pass(1000)
  await collected
  expect(started[0]?.types).toEqual(['begin', 'listen', 'metrics', 'metrics'])
  supervisor.stop('SIGTERM')
  expect(await code).toBe(0)
})

test('a worker that is asked for its metrics and its status while it starts is asked again once it is ready', async () => {
  let isReady = false
  const behave: Behave = (worker, message) => {
    if (message.type === 'listen' && !isReady) return
    behaveWell(worker, message)
  }
  const { supervisor, pool, started, settle, pass } = setUp({ workers: 1, behave })
  void supervisor.run()
  await settle()
  await pool.collect()
  expect((await pool.survey()).map(({ worker, status }) => [worker.isServing, status])).toEqual([
    [false, undefined],
  ])
  expect(started[0]?.types).toEqual(['begin', 'listen'])
  isReady = true
  started[0]?.say({ type: 'ready', text: '' })
  await settle()
  const surveyed = Promise.all([pool.collect(), pool.survey()])
  await pass(1000)
  await surveyed
  expect(started[0]?.types).toEqual(['begin', 'listen', 'metrics', 'status'])
  supervisor.stop('SIGTERM')
  await settle()
})

test('a worker that told its status and hangs now has none', async () => {
  const status = {
    ...{ pid: 1, startedAt: 0, residentBytes: 1, faults: [], limits: {} },
    storage: { kind: 'sqlite', schema: 2, latency: 1 },
  }
  const { supervisor, pool, started, settle, pass } = setUp({ workers: 1 })
  void supervisor.run()
  await settle()
  const first = pool.survey()
  started[0]?.say({ type: 'status', status })
  expect((await first).map((each) => each.status)).toEqual([status])
  const second = pool.survey()
  await pass(1000)
  expect((await second).map((each) => each.status)).toEqual([undefined])
  supervisor.stop('SIGTERM')
  await settle()
})
