import { expect, test } from 'bun:test'
import type { ConfigSource, SwapResult, ToWorker } from '../../src/supervisor/worker-messages.ts'
import { behaveWell, type FakeWorker, plan } from './fake-workers.ts'
import { type Behave, setUp } from './set-up.ts'

const next: ConfigSource = { path: 'config.yaml', folder: '/srv', text: 'next' }
const taken: SwapResult = { isTaken: true, fixed: [], warnings: [], watch: false }
const refused: SwapResult = { isTaken: false, faults: ['config.yaml:1:1: no'] }

const idOf = ({ environment }: FakeWorker) => Number(environment['GRANTD_WORKER'])

/** Workers that take every configuration, but for what `differs` does and returns true of. */
function behaving(
  differs: Behave extends (...words: infer W) => unknown ? (...words: W) => boolean : never,
): Behave {
  return (worker, message) => {
    if (differs(worker, message)) return
    behaveWell(worker, message)
    if (message.type === 'prepare') worker.say({ type: 'prepared', result: taken })
    if (message.type === 'commit') worker.say({ type: 'committed' })
    if (message.type === 'plan')
      worker.say({ type: 'compared', result: { isTaken: true, changes: [idOf(worker)], fixed: [] } })
  }
}

async function start(behave: Behave = behaving(() => false)) {
  const all = setUp({ behave })
  const code = all.supervisor.run()
  await all.settle()
  const textsOf = (worker: FakeWorker | undefined) =>
    (worker?.received ?? []).flatMap((message: ToWorker) =>
      'config' in message ? [message.config.text] : [],
    )
  return { ...all, code, textsOf }
}

test('all workers take a configuration, and one that is started later begins with it', async () => {
  const { supervisor, started, settle, pass, textsOf } = await start()
  expect(await supervisor.swap(next)).toEqual(taken)
  expect(started.map(({ types }) => types.slice(-2))).toEqual([
    ['prepare', 'commit'],
    ['prepare', 'commit'],
  ])
  started[0]?.exit({ signal: 'SIGKILL' })
  await settle()
  await pass(1)
  expect(started).toHaveLength(3)
  expect(textsOf(started[2])).toEqual(['next'])
})

test('where the workers cannot change a setting that new processes can, nothing is put in force, and the result names it', async () => {
  const fixed = ['server.tls', 'server.port']
  const { supervisor, started, settle, pass, textsOf } = await start(
    behaving((worker, message) => {
      if (message.type !== 'prepare') return false
      worker.say({ type: 'prepared', result: { ...taken, fixed } })
      return true
    }),
  )
  const findNeeds = (names: readonly string[]) => names.filter((name) => name === 'server.tls')
  expect(await supervisor.swap(next, findNeeds)).toEqual({ ...taken, fixed, newProcesses: ['server.tls'] })
  expect(started.map(({ types }) => types.at(-1))).toEqual(['abort', 'abort'])
  started[0]?.exit({ signal: 'SIGKILL' })
  await settle()
  await pass(1)
  expect(textsOf(started[2])).toEqual(['first'])
})

test('a worker that is started after a swap of a file with another host listens where the others do', async () => {
  const { supervisor, started, settle, pass } = await start(
    behaving((worker, message) => {
      if (message.type !== 'begin' || message.config.text !== 'next') return false
      worker.say({ type: 'planned', plan: { ...plan, host: '0.0.0.0' } })
      return true
    }),
  )
  await supervisor.swap(next)
  started[0]?.exit({ signal: 'SIGKILL' })
  await settle()
  await pass(1)
  expect(started[2]?.received[1]).toEqual({ type: 'listen', host: '127.0.0.1', port: 4711, workers: 2 })
})

test('none takes what one of them refuses, and the one that is started later begins with the old one', async () => {
  const { supervisor, started, settle, pass, textsOf } = await start(
    behaving((worker, message) => {
      if (message.type !== 'prepare' || idOf(worker) !== 2) return false
      worker.say({ type: 'prepared', result: refused })
      return true
    }),
  )
  expect(await supervisor.swap(next)).toEqual(refused)
  expect(started.map(({ types }) => types.at(-1))).toEqual(['abort', 'abort'])
  started[0]?.exit({ signal: 'SIGKILL' })
  await settle()
  await pass(1)
  expect(textsOf(started[2])).toEqual(['first'])
})

test('a worker that hangs is ended and refuses for all; one that ends decides nothing, and its place gets the new one', async () => {
  const hanging = await start(behaving((worker, message) => message.type === 'prepare' && idOf(worker) === 2))
  const swapped = hanging.supervisor.swap(next)
  await hanging.settle()
  await hanging.pass(60_000)
  expect(await swapped).toEqual({
    isTaken: false,
    faults: ['worker 2 did not prepare the configuration in 60 s'],
  })
  expect(hanging.started[1]?.isKilled).toBe(true)
  expect(hanging.started[0]?.types.at(-1)).toBe('abort')

  const ending = await start(
    behaving((worker, message) => {
      if (message.type !== 'prepare' || idOf(worker) !== 2) return false
      worker.exit({ signal: 'SIGKILL' })
      return true
    }),
  )
  expect(await ending.supervisor.swap(next)).toEqual(taken)
  await ending.settle()
  await ending.pass(1)
  expect(ending.textsOf(ending.started[2])).toEqual(['next'])
})

test('a worker that started with the configuration before takes the new one when it is ready', async () => {
  let listen = () => {}
  const { supervisor, started, settle, pass, textsOf } = await start(
    behaving((worker, message) => {
      if (message.type !== 'listen' || idOf(worker) !== 3) return false
      listen = () => worker.say({ type: 'ready', text: '' })
      return true
    }),
  )
  started[0]?.exit({ signal: 'SIGKILL' })
  await settle()
  await pass(1)
  expect(textsOf(started[2])).toEqual(['first'])
  expect(await supervisor.swap(next)).toEqual(taken)
  listen()
  await settle()
  expect(textsOf(started[2])).toEqual(['first', 'next'])
  expect(started[2]?.types.at(-1)).toBe('commit')
})

test('a swap that is asked for before all are ready waits for them; swaps follow one another', async () => {
  const { supervisor, started, settle } = setUp({ behave: behaving(() => false) })
  const swapped = supervisor.swap(next)
  void supervisor.run()
  await settle()
  expect(await swapped).toEqual(taken)
  expect(started).toHaveLength(2)
  await Promise.all([supervisor.swap(next), supervisor.swap({ ...next, text: 'third' })])
  expect(started[0]?.types.slice(-4)).toEqual(['prepare', 'commit', 'prepare', 'commit'])
})

test('workers learn once whether the newest configuration was refused, those that start later too', async () => {
  const { supervisor, started, settle, pass } = await start()
  const notesOf = (worker: FakeWorker | undefined) =>
    worker?.received.filter((message) => message.type === 'note').map((note) => note.isConfigRejected)
  for (const isRejected of [false, true, true]) supervisor.noteRejected(isRejected)
  expect(notesOf(started[0])).toEqual([true])
  started[1]?.exit({ signal: 'SIGKILL' })
  await settle()
  await pass(1)
  expect(notesOf(started[2])).toEqual([true])
  supervisor.noteRejected(false)
  expect(notesOf(started[2])).toEqual([true, false])
})

test('one worker says what a configuration would change; without any the answer is a fault', async () => {
  const { supervisor, code } = await start()
  expect(await supervisor.plan(next)).toEqual({ isTaken: true, changes: [1], fixed: [] })
  supervisor.stop('SIGTERM')
  await code
  expect(await supervisor.plan(next)).toMatchObject({ isTaken: false })
  expect(await supervisor.swap(next)).toMatchObject({ isTaken: false })
})
