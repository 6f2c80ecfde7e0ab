import { expect, test } from 'bun:test'
import { LoopDelay } from '../../src/metrics/loop-delay.ts'
import { ReloadLog } from '../../src/metrics/reload-log.ts'

test('a timer that comes late is the delay of the event loop, and a stopped one measures no more', () => {
  const clock = { now: 0, due: [] as { at: number; callback: () => void }[] }
  const delay = new LoopDelay({
    monotonic: () => clock.now,
    after: (milliseconds, callback) => {
      const timer = { at: clock.now + milliseconds, callback }
      clock.due.push(timer)
      return () => void clock.due.splice(clock.due.indexOf(timer), 1)
    },
  })
  const pass = (late: number) => {
    const [timer] = clock.due.splice(0, 1)
    clock.now = (timer?.at ?? 0) + late
    timer?.callback()
  }
  delay.start()
  pass(0)
  pass(700)
  const samples = delay.samples()
  expect(samples['grantd_event_loop_delay_seconds_count']).toBe(2)
  expect(samples['grantd_event_loop_delay_seconds_sum']).toBeCloseTo(0.7, 9)
  expect(samples['grantd_event_loop_delay_seconds_bucket{le="0.5"}']).toBe(1)
  delay.stop()
  expect(clock.due).toEqual([])
})

test('a failed reload is told until one succeeds, and the time stays that of the configuration in force', () => {
  const clock = { now: 1000 }
  const reloads = new ReloadLog(() => clock.now)
  expect(reloads.samples()).toEqual({
    'grantd_reloads_total{result="ok"}': 0,
    'grantd_reloads_total{result="failed"}': 0,
    grantd_config_rejected: 0,
    grantd_config_loaded_timestamp_seconds: 1,
  })
  clock.now = 2000
  reloads.note({ isDone: false })
  expect(reloads.samples()).toMatchObject({
    grantd_config_rejected: 1,
    grantd_config_loaded_timestamp_seconds: 1,
  })
  clock.now = 3000
  reloads.note({ isDone: true })
  expect(reloads.samples()).toEqual({
    'grantd_reloads_total{result="ok"}': 1,
    'grantd_reloads_total{result="failed"}': 1,
    grantd_config_rejected: 0,
    grantd_config_loaded_timestamp_seconds: 3,
  })
})
