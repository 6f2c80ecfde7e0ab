import { loadAdminApi } from '../app.ts'
import { exitCodes } from '../cli/command.ts'
import { createConfigFinder, type FindPath, withDataDir, withHost } from '../cli/find-config.ts'
import { createLogLook, type LogSettings } from '../cli/log-look.ts'
import { dataDirOption, hostOption, parseHost, parsePort, portOption, settingOf } from '../cli/options.ts'
import { renderFault } from '../config/fault.ts'
import type { LoadedConfig } from '../config/load.ts'
import { publicUrlOf } from '../config/rules/public-url.ts'
import { type PreparedGuard, prepareGuard } from '../connections/prepare-guard.ts'
import type { Deps, Lifecycle } from '../deps.ts'
import { HeldRefusals } from '../limits/held-refusals.ts'
import { createLog, type Log } from '../log.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import { compileEagerly } from '../platform/eager-compilation.ts'
import type { Listener } from '../platform/network.ts'
import type { Platform } from '../platform/platform.ts'
import type { Plan } from '../supervisor/worker-messages.ts'
import { Dismissed, type WorkerDuties, type WorkerSide } from '../supervisor/worker-side.ts'
import type { Tracing } from '../tracing/tracing.ts'
import { composeDeps, nameStorage, planStorage } from './compose.ts'
import { createDemo, type Demo } from './demo.ts'
import { hearSignals, hearSupervisor } from './hear-stop.ts'
import { openOwnMetrics } from './metrics/open-own-metrics.ts'
import type { OwnMetrics } from './metrics/process-metrics.ts'
import { openKeys } from './open-keys.ts'
import { openLogos } from './open-logos.ts'
import { openParts, type Parts } from './open-parts.ts'
import { openTracing } from './open-tracing.ts'
import { LiveConfig } from './reload/live-config.ts'
import { readSource } from './reload/read-source.ts'
import { createReloading, type Reloading } from './reload/reloading.ts'
import { runUntilStopped } from './shutdown.ts'
import { startListening } from './start-listening.ts'
import { announce } from './startup.ts'
import { openTls } from './tls/open-tls.ts'
import type { TlsService } from './tls/tls-service.ts'

/** Milliseconds after it is ready, a process does what no request needs. */
const afterReady = 2

/** Serves in this process until it is stopped, and returns the exit code. With `worker`, the supervisor says where and when. */
export async function serveProcess(
  args: ParsedArguments,
  platform: Platform,
  worker: WorkerSide | undefined,
): Promise<number> {
  if (!worker) return serveAsked(args, platform, undefined)
  // A terminal sends signals to the whole group, and the supervisor handles them.
  const removeReload = platform.onReloadSignal(() => {})
  const removeStop = platform.onStopSignal((signal) => worker.signalled(signal))
  try {
    return await serveAsked(args, platform, worker)
  } catch (cause) {
    if (cause instanceof Dismissed) return exitCodes.ok
    throw cause
  } finally {
    removeReload()
    removeStop()
  }
}

async function serveAsked(
  args: ParsedArguments,
  platform: Platform,
  worker: WorkerSide | undefined,
): Promise<number> {
  const since = platform.now()
  const findPath = createConfigFinder(args, platform)
  const portText = settingOf(portOption, args, platform)
  const port = portText === undefined ? undefined : parsePort(portText)
  const hostText = settingOf(hostOption, args, platform)
  const host = hostText === undefined ? undefined : parseHost(hostText)
  const { config, isQuiet } = worker ? await worker.begin() : await findOwn(findPath, platform)
  const demo = config.path === null ? await createDemo(platform) : undefined
  const loaded = demo?.loaded ?? (await readSource(config, platform))
  if (!isQuiet) {
    for (const warning of loaded.warnings) platform.writeError(`warning: ${renderFault(warning)}\n`)
  }
  const { server } = loaded.config
  const dataDir = settingOf(dataDirOption, args, platform)
  return serveConfig(withDataDir(loaded, dataDir, platform), {
    host: host ?? server.host,
    port: port ?? server.port,
    ...{ args, findPath, dataDir, demo, platform, worker, isQuiet, since },
    overridden: [
      ...(host === undefined ? [] : ['host' as const]),
      ...(port === undefined ? [] : ['port' as const]),
    ],
  })
}

/** Finds the configuration of a server without a supervisor. A worker gets the one that its supervisor found. */
async function findOwn(findPath: FindPath, platform: Platform) {
  const { files } = platform
  const path = (await findPath()) ?? null
  const folder = files.folderOf(files.resolve(path ?? '.'))
  return { config: { path, folder, text: null }, isQuiet: false }
}

interface ServeOptions {
  readonly host: string
  readonly port: number
  /** The settings of `server` that options stand in for. */
  readonly overridden: readonly ('host' | 'port')[]
  readonly args: ParsedArguments
  readonly findPath: FindPath
  /** In place of data_dir of the file. */
  readonly dataDir: string | undefined
  readonly demo: Demo | undefined
  readonly platform: Platform
  readonly worker: WorkerSide | undefined
  /** True: prints no text that another worker prints. */
  readonly isQuiet: boolean
  /** Milliseconds since the epoch: when the configuration was not read yet. */
  readonly since: number
}

/** Opens everything, serves, and returns the exit code once the server has stopped. */
async function serveConfig(found: LoadedConfig, options: ServeOptions): Promise<number> {
  const { platform, worker } = options
  const live = new LiveConfig(found)
  const metrics = await openOwnMetrics(found.config.server.metrics, {
    platform,
    isWorker: worker !== undefined,
  })
  const log = metrics.overhear(openLog(options, () => live.current.config.log))
  const { host, port, workers } = (await worker?.plan(await planOf(found, options))) ?? {
    ...options,
    workers: 1,
  }
  live.replace(withHost(found, host))
  const loaded = live.view
  const { config } = live.current
  const lifecycle: Lifecycle = { phase: 'starting' }
  const { tls, place } = await openTls(loaded, { host, port, platform, log, worker })
  const { tracing, storageMeter, passwordHash } = await openTracing(loaded, { platform, log, metrics })
  const reloading = createReloading({
    ...{ ...options, log, lifecycle },
    warned: found.warnings.map(renderFault),
  })
  const { findClients } = reloading
  const parts = await openParts(loaded, { ...options, log, lifecycle, workers, storageMeter, findClients })
  metrics.open({ log, reloads: reloading.history })
  const adminApi = await loadAdminApi(config.admin)
  const logos = await openLogos(loaded, platform)
  const urlOf = ({ port }: { port: number }) => publicUrlOf({ tls: config.server.tls, port })
  const { listener, deps, use } = startListening(
    { ...place, settings: config.server, adminApi },
    (actual) => {
      const publicUrl = config.server.public_url ?? urlOf(actual)
      const { expiryCutoff } = parts.maintenance
      return composeDeps(live.current, {
        ...{ ...platform, ...parts, log, publicUrl, lifecycle, expiryCutoff, logos, findClients },
        ...{ platform: { ...platform, passwordHash }, metrics: metrics.counters, tracing },
        connectionSettings: () => live.current.config.server.connections,
        refusalSettings: () => live.current.config.refusals,
        heldRefusals: new HeldRefusals({ ...platform, settings: parts.limitSettings }),
      })
    },
  )
  const swap = reloading.begin({ deps, use, live, ownUrl: urlOf(listener), ...parts })
  metrics.watch({ ...parts, ...deps, tls, config: () => live.current.config })
  worker?.serve(dutiesOf({ listener, lifecycle, metrics, swap, renewal: tls }))
  const guard = prepareGuard(listener, {
    settings: () => live.current.config.server,
    ...{ clock: platform, log, metrics: metrics.counters, bodies: deps.bodyDeadlines },
  })
  tls?.start(() => live.current.config.server.public_url ?? urlOf(listener))
  let cancelLater = () => {}
  const close = async () => {
    cancelLater()
    await closeAll({ reloading, guard, deps, parts, tls, metrics, tracing })
    worker?.reportSamples()
  }
  // The server listens for signals before it says that it is ready, because a reader may stop it at once.
  const heard = worker ? hearSupervisor(worker) : hearSignals(platform)
  const shutdownDelay = shutdownDelayOf(loaded)
  const stopped = runUntilStopped({ platform, listener, lifecycle, log, shutdownDelay, close, ...heard })
  await Promise.race([openKeysOf(parts, { loaded, platform, lifecycle }), stopped])
  if (isStopping(lifecycle)) return stopped
  lifecycle.phase = 'ready'
  compileEagerly()
  announce({ deps, ...parts, host, port: listener.port, log }, options)
  cancelLater = platform.after(afterReady, () => {
    void reloading.listen(hearingOf(loaded, listener))
    guard.start()
  })
  return stopped
}

function hearingOf(
  { dataDir, config }: LoadedConfig,
  { port }: Listener,
): Parameters<Reloading['listen']>[0] {
  return { dataDir, watch: config.server.watch, port }
}

interface Closed {
  readonly reloading: Reloading
  readonly guard: PreparedGuard
  readonly deps: Deps
  readonly parts: Parts
  readonly tls: TlsService | undefined
  readonly metrics: OwnMetrics
  readonly tracing: Tracing | undefined
}

async function closeAll({ reloading, guard, deps, parts, tls, metrics, tracing }: Closed): Promise<void> {
  await reloading.close()
  guard.stop()
  await deps.logoutNotices.close()
  await deps.refusals.flush()
  await parts.close()
  await tls?.close()
  await Promise.all([metrics.close(), tracing?.close()])
}

interface Duties extends Pick<WorkerDuties, 'swap' | 'renewal'> {
  readonly listener: Listener
  readonly lifecycle: Lifecycle
  readonly metrics: OwnMetrics
}

function dutiesOf({ listener, lifecycle, metrics, swap, renewal }: Duties): WorkerDuties {
  return {
    ...{ swap, renewal, steering: listener.steering },
    leave: () => {
      lifecycle.isLeaving = true
    },
    samples: () => metrics.samples(),
    status: () => metrics.status(),
  }
}

/** The log of this process. A line of a worker has its number, because all workers write to one output. */
function openLog({ args, platform, worker }: ServeOptions, settings: () => LogSettings): Log {
  const look = createLogLook(args, platform)
  const own = createLog(platform.writeLine, platform.now, () => look(settings()))
  const log: Log = worker
    ? (level, message, fields) => own(level, message, { worker: worker.id, ...fields })
    : own
  platform.onLostLines((count) => log('warn', 'lines of the log were lost', { count }))
  return log
}

async function planOf(loaded: LoadedConfig, { host, port, platform }: ServeOptions): Promise<Plan> {
  const { enabled, host: metricsHost, port: metricsPort } = loaded.config.server.metrics
  const storage = planStorage(loaded, platform)
  return {
    host,
    port,
    isShared: storage.kind !== 'memory',
    storage: await nameStorage(storage),
    shutdownDelay: shutdownDelayOf(loaded),
    metrics: enabled ? { host: metricsHost, port: metricsPort } : null,
    log: loaded.config.log,
    dataDir: loaded.dataDir ?? null,
    watch: loaded.config.server.watch,
  }
}

/** In milliseconds. */
function shutdownDelayOf({ config }: LoadedConfig): number {
  return config.server.shutdown_delay * 1000
}

/** A stop closes what keys come from, so that it ends this work with an error that is none. */
async function openKeysOf(
  parts: Parts,
  { loaded, platform, lifecycle }: { loaded: LoadedConfig; platform: Platform; lifecycle: Lifecycle },
): Promise<void> {
  try {
    await openKeys(parts.active, { ...parts, atOnce: platform.cores, loaded })
  } catch (cause) {
    if (!isStopping(lifecycle)) throw cause
  }
}

function isStopping({ phase }: Lifecycle): boolean {
  return phase === 'stopping'
}
