import { loadAdminApi } from '../app.ts'
import { exitCodes } from '../cli/command.ts'
import { findConfig, withDataDir } from '../cli/find-config.ts'
import { dataDirOption, hostOption, parseHost, parsePort, portOption, settingOf } from '../cli/options.ts'
import { renderFault } from '../config/fault.ts'
import { type LoadedConfig, loadConfig, parseConfig } from '../config/load.ts'
import type { Lifecycle } from '../deps.ts'
import { createLog, type Log } from '../log.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import { compileEagerly } from '../platform/eager-compilation.ts'
import type { Platform } from '../platform/platform.ts'
import type { ConfigSource, Plan } from '../supervisor/worker-messages.ts'
import { Dismissed, type WorkerSide } from '../supervisor/worker-side.ts'
import { composeDeps, planStorage } from './compose.ts'
import { createDemo, type Demo } from './demo.ts'
import { hearSignals, hearSupervisor } from './hear-stop.ts'
import { openKeys } from './open-keys.ts'
import { openLogos } from './open-logos.ts'
import { openParts } from './open-parts.ts'
import { startMetrics } from './process-metrics.ts'
import { runUntilStopped } from './shutdown.ts'
import { startListening } from './start-listening.ts'
import { announce } from './startup.ts'

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
  const portText = settingOf(portOption, args, platform)
  const port = portText === undefined ? undefined : parsePort(portText)
  const hostText = settingOf(hostOption, args, platform)
  const host = hostText === undefined ? undefined : parseHost(hostText)
  const { config, isQuiet } = worker ? await worker.begin() : await findOwn(args, platform)
  const demo = config.path === null ? await createDemo(platform) : undefined
  const loaded = demo?.loaded ?? (await readConfig(config, platform))
  if (!isQuiet) {
    for (const warning of loaded.warnings) platform.writeError(`warning: ${renderFault(warning)}\n`)
  }
  const { server } = loaded.config
  return serveConfig(withDataDir(loaded, settingOf(dataDirOption, args, platform), platform), {
    host: host ?? server.host,
    port: port ?? server.port,
    demo,
    platform,
    worker,
    isQuiet,
  })
}

/** Finds the configuration of a server without a supervisor. A worker gets the one that its supervisor found. */
async function findOwn(args: ParsedArguments, platform: Platform) {
  const { files } = platform
  const path = (await findConfig(args, platform)) ?? null
  const folder = files.folderOf(files.resolve(path ?? '.'))
  return { config: { path, folder, text: null }, isQuiet: false }
}

/** The configuration of a file, or of the text that a supervisor read from it. */
function readConfig({ path, folder, text }: ConfigSource, platform: Platform): Promise<LoadedConfig> {
  if (path === null) throw new TypeError('A demo is read from no file')
  if (text === null) return loadConfig(path, platform)
  return parseConfig({ file: path, path, text, folder }, platform)
}

interface ServeOptions {
  readonly host: string
  readonly port: number
  readonly demo: Demo | undefined
  readonly platform: Platform
  readonly worker: WorkerSide | undefined
  /** True: prints no text that another worker prints. */
  readonly isQuiet: boolean
}

/** Opens everything, serves, and returns the exit code once the server has stopped. */
async function serveConfig(found: LoadedConfig, options: ServeOptions): Promise<number> {
  const { platform, worker, isQuiet } = options
  const log = openLog(options)
  const { host, port, workers } = (await worker?.plan(planOf(found, options))) ?? { ...options, workers: 1 }
  const loaded = withHost(found, host)
  const { config } = loaded
  const lifecycle: Lifecycle = { phase: 'starting' }
  const parts = await openParts(loaded, { platform, log, lifecycle, workers, isQuiet })
  const metrics = startMetrics(config, { platform, log, isWorker: worker !== undefined })
  const adminApi = await loadAdminApi(config.admin)
  const logos = await openLogos(loaded, platform)
  const { listener, deps } = startListening(
    { host, port, settings: config.server, platform, sharePort: worker !== undefined, adminApi },
    (actual) => {
      const publicUrl = config.server.public_url ?? `http://localhost:${actual.port}`
      const { expiryCutoff } = parts.maintenance
      return composeDeps(loaded, {
        ...{ ...platform, ...parts, platform, log, publicUrl, lifecycle, expiryCutoff, logos },
        metrics: metrics.counters,
      })
    },
  )
  worker?.serve({
    steering: listener.steering,
    leave: () => {
      lifecycle.isLeaving = true
    },
    samples: metrics.samples,
  })
  const close = async () => {
    await deps.logoutNotices.close()
    await deps.refusals.flush()
    await parts.close()
    await metrics.close()
    worker?.reportSamples()
  }
  // The server listens for signals before it says that it is ready, because a reader may stop it at once.
  const heard = worker ? hearSupervisor(worker) : hearSignals(platform, log)
  const shutdownDelay = shutdownDelayOf(loaded)
  const stopped = runUntilStopped({ platform, listener, lifecycle, log, shutdownDelay, close, ...heard })
  await Promise.race([openKeys(parts.active, { ...parts, atOnce: platform.cores }), stopped])
  if (isStopping(lifecycle)) return stopped
  lifecycle.phase = 'ready'
  compileEagerly()
  announce({ deps, ...parts, host, port: listener.port, log }, options)
  return stopped
}

/** The log of this process. A line of a worker has its number, because all workers write to one output. */
function openLog({ platform, worker }: ServeOptions): Log {
  const log = createLog(platform.writeLine, platform.now)
  if (!worker) return log
  return (level, message, fields) => log(level, message, { worker: worker.id, ...fields })
}

/** The configuration with the address that is listened on, because what is served depends on it: the try page is for loopback. */
function withHost(loaded: LoadedConfig, host: string): LoadedConfig {
  const { config } = loaded
  return { ...loaded, config: { ...config, server: { ...config.server, host } } }
}

function planOf(loaded: LoadedConfig, { host, port, platform }: ServeOptions): Plan {
  const { enabled, host: metricsHost, port: metricsPort } = loaded.config.server.metrics
  return {
    host,
    port,
    isShared: planStorage(loaded, platform).kind !== 'memory',
    shutdownDelay: shutdownDelayOf(loaded),
    metrics: enabled ? { host: metricsHost, port: metricsPort } : null,
  }
}

/** In milliseconds. */
function shutdownDelayOf({ config }: LoadedConfig): number {
  return config.server.shutdown_delay * 1000
}

function isStopping({ phase }: Lifecycle): boolean {
  return phase === 'stopping'
}
