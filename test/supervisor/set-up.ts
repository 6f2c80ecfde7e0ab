import { MetricsSum } from '../../src/metrics/metrics-sum.ts'
import { Supervisor } from '../../src/supervisor/supervisor.ts'
import type { ToWorker } from '../../src/supervisor/worker-messages.ts'
import { WorkerPool } from '../../src/supervisor/worker-pool.ts'
import { behaveWell, FakeWorker } from './fake-workers.ts'

export type Behave = (worker: FakeWorker, message: ToWorker) => void

interface Setup {
  readonly workers?: number | 'auto'
  readonly behave?: Behave
}

/** A supervisor of workers that are none, whose clock goes when it is told to. */
export function setUp({ workers = 2, behave = behaveWell }: Setup = {}) {
  const started: FakeWorker[] = []
  const logged: string[] = []
  const texts: string[] = []
  const timers: { at: number; callback: () => void }[] = []
  let time = 0
  let config = 'first'
  let fault: Error | undefined
  const after = (milliseconds: number, callback: () => void) => {
    const timer = { at: time + milliseconds, callback }
    timers.push(timer)
    return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0)
  }
  const log = (_level: string, message: string) => void logged.push(message)
  const sum = new MetricsSum()
  const startAgain = (environment: Readonly<Record<string, string>>) => {
    const worker = new FakeWorker(environment, behave)
    started.push(worker)
    return worker.child
  }
  const pool = new WorkerPool({ log, startAgain, after, sum })
  const supervisor = new Supervisor({
    workers,
    cores: 3,
    pool,
    log,
    after,
    monotonic: () => time,
    readConfig: async () => {
      if (fault) throw fault
      return { path: 'config.yaml', folder: '/srv', text: config }
    },
    takePort: async () => 4711,
    begin: () => {},
    announce: (text) => void texts.push(text),
  })
  /** Lets all that can happen now happen. */
  const settle = async () => {
    for (let turns = 0; turns < 200; turns++) await Promise.resolve()
  }
  return {
    supervisor,
    started,
    logged,
    texts,
    settle,
    pool,
    failToRead: (cause: Error | undefined) => {
      fault = cause
    },
    change: (text: string) => {
      config = text
    },
    pass: async (milliseconds: number) => {
      time += milliseconds
      for (;;) {
        const due = timers.findIndex(({ at }) => at <= time)
        if (due < 0) break
        timers.splice(due, 1)[0]?.callback()
        await settle()
      }
      await settle()
    },
  }
}
