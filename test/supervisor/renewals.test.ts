import { expect, test } from 'bun:test'
import { behaveWell } from './fake-workers.ts'
import { setUp } from './set-up.ts'

async function start(options: Parameters<typeof setUp>[0] = {}) {
  const kit = setUp(options)
  const code = kit.supervisor.run()
  await kit.settle()
  const stop = async () => {
    kit.supervisor.stop('SIGTERM')
    expect(await code).toBe(0)
  }
  return { ...kit, stop }
}

test('all workers take a new certificate together, and new connections go to the new listeners before the old ones are closed', async () => {
  const { started, logged, settle, pass, stop } = await start()
  for (const worker of started) worker.say({ type: 'certificate', fingerprint: 'b' })
  await settle()
  expect(started.map(({ types }) => types)).toEqual([
    ['begin', 'listen', 'renew', 'steer'],
    ['begin', 'listen', 'renew'],
  ])
  expect(started[0]?.received.at(-1)).toEqual({ type: 'steer', first: 2, count: 2 })
  await pass(3000)
  expect(started.map(({ types }) => types.slice(4))).toEqual([['steer', 'retire', 'release'], []])
  expect(started[1]?.types.at(-1)).toBe('retire')
  expect(logged.filter((line) => line === 'the workers have a new certificate')).toHaveLength(1)
  await stop()
})

test('a certificate that comes back is taken again, and one that comes meanwhile follows', async () => {
  const { started, settle, pass, stop } = await start()
  const renewals = () => started[1]?.types.filter((type) => type === 'renew').length
  for (const fingerprint of ['b', 'c', 'b']) started[1]?.say({ type: 'certificate', fingerprint })
  await settle()
  expect(renewals()).toBe(1)
  for (let times = 0; times < 2; times++) await pass(3000)
  expect(renewals()).toBe(3)
  await stop()
})

test('a renewal waits for a reload, and the new workers are asked', async () => {
  const { supervisor, started, settle, pass, stop } = await start()
  void supervisor.replace()
  await settle()
  started[0]?.say({ type: 'certificate', fingerprint: 'b' })
  await settle()
  expect(started.some(({ types }) => types.includes('renew'))).toBe(false)
  await pass(3000)
  expect(started.slice(2).every(({ types }) => types.includes('renew'))).toBe(true)
  await stop()
})

test('a worker that cannot take the certificate keeps the old one, and the others have the new one', async () => {
  const { started, settle, pass, stop } = await start({
    behave: (worker, message) => {
      const isSecond = worker.environment['GRANTD_WORKER'] === '2'
      if (isSecond && message.type === 'renew') worker.say({ type: 'renewed', isDone: false })
      else behaveWell(worker, message)
    },
  })
  started[0]?.say({ type: 'certificate', fingerprint: 'b' })
  await settle()
  expect(started[0]?.received.at(-1)).toEqual({ type: 'steer', first: 2, count: 1 })
  await pass(3000)
  expect(started[0]?.types).toContain('retire')
  expect(started[1]?.types).not.toContain('retire')
  await stop()
})
