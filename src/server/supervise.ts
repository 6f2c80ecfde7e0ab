import { buildInfo } from '../build-info.ts'
import { exitCodes } from '../cli/command.ts'
import { findConfig } from '../cli/find-config.ts'
import { createLog } from '../log.ts'
import { MetricsSum } from '../metrics/metrics-sum.ts'
import { processSamples } from '../metrics/process-samples.ts'
import { addSamples, buildSamples } from '../metrics/samples.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import { FileError } from '../platform/files.ts'
import type { Listener } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import { NothingShared } from '../supervisor/plans.ts'
import { Supervisor } from '../supervisor/supervisor.ts'
import type { ConfigSource, Plan } from '../supervisor/worker-messages.ts'
import { WorkerPool } from '../supervisor/worker-pool.ts'
import { openMetrics } from './open-metrics.ts'
import { openPort } from './open-port.ts'

/** Runs the workers on one port, and returns the exit code. */
export async function supervise(
  args: ParsedArguments,
  platform: Platform,
  workers: number | 'auto',
): Promise<number> {
  const { startAgain } = platform.processes
  if (!startAgain) throw new TypeError('This runtime starts no workers')
  const log = createLog(platform.writeOut, platform.now)
  const sum = new MetricsSum()
  const pool = new WorkerPool({ ...platform, startAgain, log, sum })
  let metrics: Listener | undefined
  const supervisor = new Supervisor({
    workers,
    cores: platform.cores,
    pool,
    log,
    after: platform.after,
    monotonic: platform.monotonic,
    readConfig: () => readConfig(args, platform),
    takePort: (plan) => takePort(plan, platform),
    begin: (plan) => {
      const collect = async () => {
        await pool.collect()
        const own = [
          buildSamples(buildInfo),
          supervisor.samples(),
          processSamples(platform.processes.usage()),
        ]
        return addSamples([...own, sum.total()])
      }
      if (plan.metrics) metrics = openMetrics(plan.metrics, collect, { platform, log })
    },
    announce: platform.writeOut,
  })
  const removeStop = platform.onStopSignal((signal) => supervisor.stop(signal))
  const removeReload = platform.onReloadSignal(() => supervisor.reload())
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
    removeReload()
    await metrics?.close()
  }
}

const largestConfig = 64 * 1024 * 1024

/**
 * Reads text and folder of the configuration once, so that a worker which starts later has the same one, even if the file has changed.
 * For a file that cannot be read, the text is null. Then the first worker reads it again and reports the fault. Throws FileError if
 * the folders cannot be searched for the file.
 */
async function readConfig(args: ParsedArguments, platform: Platform): Promise<ConfigSource> {
  const { files } = platform
  const path = await findConfig(args, platform)
  if (path === undefined) return { path: null, folder: files.resolve('.'), text: null }
  const folder = files.folderOf(files.resolve(path))
  try {
    const bytes = await files.readSmall(path, largestConfig)
    return { path, folder, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch (cause) {
    if (cause instanceof FileError || cause instanceof TypeError) return { path, folder, text: null }
    throw cause
  }
}

/**
 * Checks that no other server has the port. Workers cannot check this, because they would share the port even with another server of the
 * same user. Returns the number of the port. For port 0, all workers use this number.
 */
async function takePort({ host, port }: Plan, platform: Platform): Promise<number> {
  const fetch = async () => new Response(null, { status: 503 })
  const probe = openPort({ hostname: host, port, fetch }, platform)
  await probe.close()
  return probe.port
}
