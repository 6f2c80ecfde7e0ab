import { exitCodes } from '../cli/command.ts'
import { createConfigFinder } from '../cli/find-config.ts'
import { createLogLook } from '../cli/log-look.ts'
import { createLog, type Log } from '../log.ts'
import { FaultRing } from '../metrics/fault-ring.ts'
import { MetricsSum } from '../metrics/metrics-sum.ts'
import { ReloadLog } from '../metrics/reload-log.ts'
import type { Samples } from '../metrics/samples.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Listener } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { NothingShared } from '../supervisor/plans.ts'
import { Supervisor } from '../supervisor/supervisor.ts'
import type { ConfigSource, Plan } from '../supervisor/worker-messages.ts'
import { WorkerPool } from '../supervisor/worker-pool.ts'
import { answerForWorkers } from './metrics/answer-for-workers.ts'
import { openMetrics } from './metrics/open-metrics.ts'
import { takePort } from './open-port.ts'
import { applyToWorkers, planForWorkers } from './reload/apply-to-workers.ts'
import type { WorkerCounts } from './reload/control-messages.ts'
import { findSource } from './reload/find-source.ts'
import { openReloads } from './reload/open-reloads.ts'
import { hearReloadSignals } from './reload/reload-signals.ts'

/** Runs the workers on one port, and returns the exit code. */
export async function supervise(
  args: ParsedArguments,
  platform: Platform,
  workers: number | 'auto',
): Promise<number> {
  const { startAgain } = platform.processes
  if (!startAgain) throw new TypeError('This runtime starts no workers')
  const since = platform.now()
  const findPath = createConfigFinder(args, platform)
  const faults = new FaultRing(platform.now)
  const look = createLogLook(args, platform)
  let planned: Plan | undefined
  let wanted = 0
  const write = createLog(platform.writeOut, platform.now, () => look(planned?.log))
  const log: Log = (level, message, fields) => {
    faults.note(level, message, fields)
    write(level, message, fields)
  }
  const sum = new MetricsSum()
  const history = new ReloadLog(platform.now)
  const pool = new WorkerPool({ ...platform, startAgain, log, sum })
  let metrics: Listener | undefined
  const supervisor = new Supervisor({
    workers,
    cores: platform.cores,
    pool,
    log,
    after: platform.after,
    monotonic: platform.monotonic,
    readConfig: () => findSource(findPath, platform),
    takePort: (plan) => takePort(plan, platform),
    begin: (plan, { port, workers: count }) => {
      planned = plan
      wanted = count
      orders.listen({ dataDir: plan.dataDir ?? undefined, watch: plan.watch, port })
      if (!plan.metrics) return
      const parts = { platform, pool, sum, faults, supervisor, reloads: history }
      metrics = openMetrics(plan.metrics, answerForWorkers(parts), { platform, log })
    },
    announce: platform.writeOut,
  })
  const removeStop = platform.onStopSignal((signal) => {
    // No worker is there for another configuration then.
    removeSignals()
    supervisor.stop(signal)
  })
  const apply = (source: ConfigSource) => applyToWorkers(source, { supervisor, findRunning: () => planned })
  const plan = async (source: ConfigSource) => planForWorkers(await supervisor.plan(source), planned)
  const noteRejected = (isRejected: boolean) => supervisor.noteRejected(isRejected)
  const replace = async () => {
    const isDone = (await supervisor.replace()) !== undefined
    orders.reloads.note(isDone)
    return isDone
  }
  const hearing = { findPath, platform, log, since, history, plan, apply, noteRejected, replace }
  const orders = openReloads({ ...hearing, workers: () => countWorkers(wanted, supervisor.samples()) })
  const removeSignals = hearReloadSignals({ ...hearing, reload: () => orders.reloads.run('SIGHUP') })
  try {
    return await supervisor.run()
  } catch (cause) {
    if (!(cause instanceof NothingShared)) throw cause
    platform.writeError(
      `grantd: Cannot run ${workers} workers: without a database each would have what it knows to itself, and a token that one revoked would be good at the others; set storage to sqlite or to postgres://, or leave --workers out\n`,
    )
    return exitCodes.config
  } finally {
    removeStop()
    removeSignals()
    await orders.close()
    await metrics?.close()
  }
}

function countWorkers(wanted: number, samples: Samples): WorkerCounts {
  const { grantd_workers: serving = 0, grantd_worker_restarts_total: restarts = 0 } = samples
  return { wanted, serving, restarts }
}
