import { buildInfo } from '../../build-info.ts'
import type { FaultRing } from '../../metrics/fault-ring.ts'
import type { MetricsSum } from '../../metrics/metrics-sum.ts'
import { processSamples } from '../../metrics/process-samples.ts'
import type { ReloadLog } from '../../metrics/reload-log.ts'
import { addSamples, buildSamples, type Samples } from '../../metrics/samples.ts'
import type { MetricsAnswers } from '../../metrics/serve-metrics.ts'
import type { Platform } from '../../platform/platform.ts'
import type { SurveyedWorker, WorkerPool } from '../../supervisor/worker-pool.ts'
import type { ShownProcess } from './answer-status.ts'

interface SupervisorParts {
  readonly platform: Pick<Platform, 'processes' | 'now'>
  readonly pool: Pick<WorkerPool, 'collect' | 'survey'>
  readonly sum: MetricsSum
  readonly reloads: ReloadLog
  /** Of the supervisor itself. */
  readonly faults: FaultRing
  readonly supervisor: { samples(): Samples }
}

/** The metrics and the status page of a supervisor: all workers together, and the supervisor. */
export function answerForWorkers(parts: SupervisorParts): Pick<MetricsAnswers, 'collect' | 'renderStatus'> {
  const { platform, pool, sum, reloads, faults, supervisor } = parts
  const collect = async () => {
    await pool.collect()
    const { processes } = platform
    return addSamples([
      buildSamples(buildInfo),
      supervisor.samples(),
      reloads.samples(),
      processSamples(processes.usage(), processes.state()),
      sum.total(),
    ])
  }
  return {
    collect,
    renderStatus: async (path) => {
      const { pid } = platform.processes
      const { startedAt } = platform.processes.state()
      const [workers, samples] = await Promise.all([pool.survey(), collect()])
      // Loaded at its use, to keep the start short.
      const { renderStatus } = await import('./answer-status.ts')
      return renderStatus(path, {
        now: platform.now(),
        build: buildInfo,
        supervisor: { pid, startedAt, faults: faults.list() },
        processes: workers.map(shownProcess),
        samples,
        reloads,
      })
    },
  }
}

function shownProcess({ worker, status }: SurveyedWorker): ShownProcess {
  const { id, pid, isServing, isToldToGo } = worker
  const state = isServing ? 'serving' : isToldToGo ? 'stopping' : 'starting'
  return { id, pid, state, status }
}
