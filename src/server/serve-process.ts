import { loadAdminApi } from '../app.ts'
import { exitCodes } from '../cli/command.ts'
import { findConfig, withDataDir } from '../cli/find-config.ts'
import { dataDirOption, hostOption, parseHost, parsePort, portOption, settingOf } from '../cli/options.ts'
import { renderFault } from '../config/fault.ts'
import { type LoadedConfig, loadConfig, parseConfig } from '../config/load.ts'
import type { Deps, Lifecycle } from '../deps.ts'
import type { OpenedKey } from '../keys/key-material.ts'
import type { Keyring } from '../keys/keyring.ts'
import { createLog, type Log } from '../log.ts'
import { Maintenance } from '../maintenance/maintenance.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import { compileEagerly } from '../platform/eager-compilation.ts'
import type { Platform } from '../platform/platform.ts'
import { isLoopbackUrl } from '../protocol/url/uri.ts'
import { systemTenant } from '../storage/storage.ts'
import type { ConfigSource, Plan } from '../supervisor/worker-messages.ts'
import { Dismissed, type WorkerSide } from '../supervisor/worker-side.ts'
import { createAccessWarnings } from './access-warnings.ts'
import { composeDeps, planStorage } from './compose.ts'
import { composeKeyring, openKeyMaterial } from './compose-keys.ts'
import { createDemo, type Demo, renderDemo } from './demo.ts'
import { hearSignals, hearSupervisor } from './hear-stop.ts'
import { findActive, openKeys } from './open-keys.ts'
import { startMetrics } from './process-metrics.ts'
import { openServices, type Services } from './services.ts'
import { runUntilStopped } from './shutdown.ts'
import { openServerEngine } from './signing-engine.ts'
import { startListening } from './start-listening.ts'
import { renderStartup } from './startup.ts'

/** Serves in this process until it is stopped and answers the exit code; as a worker, in the words of its supervisor. */
export async function serveProcess(
  args: ParsedArguments,
  platform: Platform,
  worker: WorkerSide | undefined,
): Promise<number> {
  if (!worker) return serveAsked(args, platform, undefined)
  // Signals of a terminal go to the whole group, and the supervisor answers them.
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

/** A worker never looks for itself: what is found may change, and its siblings serve what their supervisor found. */
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
  /** Says nothing that another worker says. */
  readonly isQuiet: boolean
}

async function serveConfig(loaded: LoadedConfig, options: ServeOptions): Promise<number> {
  const { platform, worker } = options
  const log = openLog(options)
  const place = (await worker?.plan(planOf(loaded, options))) ?? { ...options, workers: 1 }
  const { host, port, workers } = place
  const lifecycle: Lifecycle = { phase: 'starting' }
  const parts = await openParts(loaded, { platform, log, lifecycle, workers, isQuiet: options.isQuiet })
  const metrics = startMetrics(loaded.config, { platform, log, isWorker: worker !== undefined })
  const adminApi = await loadAdminApi(loaded.config.admin)
  const { listener, deps } = startListening(
    { host, port, settings: loaded.config.server, platform, sharePort: worker !== undefined, adminApi },
    ({ port: actual }) => {
      const publicUrl = loaded.config.server.public_url ?? `http://localhost:${actual}`
      return composeDeps(loaded, {
        ...platform,
        ...parts,
        expiryCutoff: parts.maintenance.expiryCutoff,
        platform,
        log,
        publicUrl,
        lifecycle,
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
  // Listening for signals comes first: whoever reads that the server is there may stop it at once.
  const close = async () => {
    await parts.close()
    await metrics.close()
    worker?.reportSamples()
  }
  const heard = worker ? hearSupervisor(worker) : hearSignals(platform, log)
  const shutdownDelay = shutdownDelayOf(loaded)
  const stopped = runUntilStopped({ platform, listener, lifecycle, log, shutdownDelay, close, ...heard })
  await Promise.race([openKeys(parts.active, { ...parts, atOnce: platform.cores }), stopped])
  if (isStopping(lifecycle)) return stopped
  lifecycle.phase = 'ready'
  compileEagerly()
  announce({ deps, ...parts, port: listener.port, log }, { ...options, host })
  return stopped
}

/** What works behind the answers, opened and running. */
interface Parts extends Services {
  readonly keyring: Keyring
  readonly maintenance: Maintenance
  readonly openedKeys: ReadonlyMap<string, OpenedKey>
  /** The tenants of the configuration that are not switched off. */
  readonly active: readonly string[]
}

interface PartsOptions {
  readonly platform: Platform
  readonly log: Log
  readonly lifecycle: Lifecycle
  /** Processes that serve together, this one too. */
  readonly workers: number
  readonly isQuiet: boolean
}

async function openParts(
  loaded: LoadedConfig,
  { platform, log, lifecycle, workers, isQuiet }: PartsOptions,
): Promise<Parts> {
  const openedKeys = new Map<string, OpenedKey>()
  const engine = await openServerEngine(loaded.config, { platform, log, processes: workers })
  const warnOfAccess = createAccessWarnings(isQuiet ? () => {} : log)
  const keyHost = { ...platform, engine, onExposure: warnOfAccess.ofKey }
  const material = await openKeyMaterial(loaded, keyHost)
  const services = await openServices(loaded, { platform, log })
  await warnOfAccess.ofData(planStorage(loaded, platform), platform.files)
  const keyring = await composeKeyring(loaded, keyHost, {
    ...services,
    material,
    now: platform.now,
    monotonic: platform.monotonic,
    log,
    atOnce: platform.cores,
    onOpened: ({ tenantId }, opened) => {
      // Only the start has to name them: this map would keep every key in memory for good.
      if (lifecycle.phase === 'starting') openedKeys.set(tenantId, opened)
      else logNewKey(tenantId, opened, log)
    },
  })
  const active = findActive(loaded.config)
  const maintenance = new Maintenance({
    ...platform,
    ...services,
    ...{ keyring, log, configured: active },
    clearsFolders: !isQuiet,
  })
  await maintenance.start()
  const close = async () => {
    await maintenance.stop()
    await services.close()
    engine.close()
  }
  return { ...services, keyring, maintenance, active, openedKeys, close }
}

interface Started extends Parts {
  readonly deps: Deps
  readonly port: number
  readonly log: Log
}

/** Tells everybody that the server is there: the person who started it, the audit trail and the log. */
function announce(started: Started, { host, demo, platform, worker, isQuiet }: ServeOptions): void {
  const { deps, port, openedKeys, audit, log } = started
  const { version, commit } = deps.build
  audit.record({
    type: 'server.started',
    tenant: systemTenant,
    outcome: 'success',
    detail: { version, commit },
  })
  if (!isQuiet) warnOfOtherPort(deps.publicUrl, port, platform)
  const startup = renderStartup({ deps, host, port, openedKeys, isDemo: demo !== undefined })
  const text = startup + (demo ? renderDemo(demo, deps.publicUrl) : '')
  if (worker) worker.ready(text)
  else platform.writeOut(text)
  for (const [tenantId, opened] of openedKeys) logNewKey(tenantId, opened, log)
}

/** The log of this process; the lines of workers tell which one wrote them, for all write to one output. */
function openLog({ platform, worker }: ServeOptions): Log {
  const log = createLog(platform.writeLine, platform.now)
  if (!worker) return log
  return (level, message, fields) => log(level, message, { worker: worker.id, ...fields })
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

/** Milliseconds. */
function shutdownDelayOf({ config }: LoadedConfig): number {
  return config.server.shutdown_delay * 1000
}

function isStopping({ phase }: Lifecycle): boolean {
  return phase === 'stopping'
}

/** A port that was chosen at the start, and links that still name the one of the file, lead people astray. */
function warnOfOtherPort(publicUrl: string, port: number, platform: Platform): void {
  if (!isLoopbackUrl(publicUrl) || Number(new URL(publicUrl).port || 80) === port) return
  platform.writeError(
    `warning: server.public_url is ${publicUrl}, but the port is ${port}: links and issuers name a server that is not this one\n`,
  )
}

/** A key is never made in silence. */
function logNewKey(tenant: string, { key, path, generated }: OpenedKey, log: Log): void {
  if (generated) log('info', 'generated a signing key', { tenant, kid: key.kid, file: path })
}
