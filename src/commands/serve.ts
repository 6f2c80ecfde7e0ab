import { createApp } from '../app.ts'
import { composeDeps } from '../compose.ts'
import { composeKeyring, openKeyMaterial } from '../compose-keys.ts'
import { renderFault } from '../config/fault.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { Deps, Lifecycle } from '../deps.ts'
import type { Handler } from '../http/handler.ts'
import type { OpenedKey } from '../keys/key-file.ts'
import { createLog, type Log } from '../log.ts'
import { Maintenance } from '../maintenance/maintenance.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import { ListenError, type Listener, type Platform } from '../platform/platform.ts'
import { isLoopbackUrl } from '../protocol/uri.ts'
import { systemTenant } from '../storage/storage.ts'
import { type Command, CommandError } from './command.ts'
import { createDemo, type Demo, renderDemo } from './demo.ts'
import { findConfig, withDataDir } from './find-config.ts'
import { findActive, openKeys } from './open-keys.ts'
import { configOption, dataDirOption, hostOption, parsePort, portOption, settingOf } from './options.ts'
import { openServices } from './services.ts'
import { runUntilStopped } from './shutdown.ts'
import { renderStartup } from './startup.ts'

export const serveCommand: Command = {
  name: 'serve',
  group: 'Serve',
  summary: 'Start the server; this is what happens without a command',
  options: [configOption, hostOption, portOption, dataDirOption],
  details:
    'Where there is no configuration it serves a demo: one tenant, one client with a secret shown once, nothing kept.\nSIGTERM and SIGINT stop it once the requests in flight are answered; a second signal stops it at once.',
  example: 'grantd serve --config /etc/grantd/config.yaml --port 8080',
  run: serve,
}

async function serve(args: ParsedArguments, platform: Platform): Promise<number> {
  const portText = settingOf(portOption, args, platform)
  const port = portText === undefined ? undefined : parsePort(portText)
  const path = await findConfig(args, platform)
  const demo = path === undefined ? await createDemo(platform) : undefined
  const loaded = demo?.loaded ?? (await loadConfig(path ?? '', platform))
  for (const warning of loaded.warnings) platform.writeError(`warning: ${renderFault(warning)}\n`)
  const { server } = loaded.config
  return serveConfig(withDataDir(loaded, settingOf(dataDirOption, args, platform), platform), {
    host: settingOf(hostOption, args, platform) ?? server.host,
    port: port ?? server.port,
    demo,
    platform,
  })
}

interface ServeOptions {
  readonly host: string
  readonly port: number
  readonly demo: Demo | undefined
  readonly platform: Platform
}

async function serveConfig(
  loaded: LoadedConfig,
  { host, port, demo, platform }: ServeOptions,
): Promise<number> {
  const { now, randomBytes } = platform
  const log = createLog(platform.writeOut, now)
  const lifecycle: Lifecycle = { phase: 'starting' }
  const openedKeys = new Map<string, OpenedKey>()
  const material = await openKeyMaterial(loaded, platform)
  const services = await openServices(loaded, { platform, log })
  const keyring = await composeKeyring(loaded, platform, {
    ...services,
    material,
    now,
    monotonic: platform.monotonic,
    log,
    atOnce: platform.cores,
    onOpened: ({ tenantId }, opened) => {
      // Only the start has to name them: this map would keep every key in memory for good.
      if (lifecycle.phase === 'starting') openedKeys.set(tenantId, opened)
      else logNewKey(tenantId, opened, log)
    },
  })
  const configured = findActive(loaded.config)
  const maintenance = new Maintenance({ ...platform, ...services, keyring, log, configured })
  await maintenance.start()
  const open = (handle: () => Handler) => listen(host, port, { handle, platform })
  const { listener, deps } = startListening(open, ({ port: actual }) => {
    const publicUrl = loaded.config.server.public_url ?? `http://localhost:${actual}`
    return composeDeps(loaded, {
      ...services,
      expiryFloor: maintenance.expiryFloor,
      platform,
      log,
      now,
      randomBytes,
      keyring,
      publicUrl,
      lifecycle,
    })
  })
  // Listening for signals comes first: whoever reads that the server is there may stop it at once.
  const close = async () => {
    await maintenance.stop()
    await services.close()
  }
  const stopped = runUntilStopped({ platform, listener, lifecycle, log, close })
  await Promise.race([openKeys(configured, { keyring, atOnce: platform.cores }), stopped])
  if (isStopping(lifecycle)) return stopped
  lifecycle.phase = 'ready'
  const { version, commit } = deps.build
  services.audit.record({
    type: 'server.started',
    tenant: systemTenant,
    outcome: 'success',
    detail: { version, commit },
  })
  warnOfOtherPort(deps.publicUrl, listener.port, platform)
  const startup = renderStartup({ deps, host, port: listener.port, openedKeys, isDemo: demo !== undefined })
  platform.writeOut(startup + (demo ? renderDemo(demo, deps.publicUrl) : ''))
  for (const [tenantId, opened] of openedKeys) logNewKey(tenantId, opened, log)
  return stopped
}

/**
 * Opens the port and puts the app behind it. The port comes first, for links may need its number; nothing is answered
 * in between, for nothing waits in between.
 */
function startListening(
  open: (handle: () => Handler) => Listener,
  compose: (listener: Listener) => Deps,
): { listener: Listener; deps: Deps } {
  let handle: Handler | undefined
  const listener = open(() => {
    if (!handle) throw new TypeError('A request came before the app was there')
    return handle
  })
  const deps = compose(listener)
  handle = createApp(deps)
  return { listener, deps }
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

function listen(
  host: string,
  port: number,
  { handle, platform }: { handle: () => Handler; platform: Platform },
): Listener {
  try {
    return platform.listen({ hostname: host, port, fetch: (request, peer) => handle()(request, peer) })
  } catch (cause) {
    if (!(cause instanceof ListenError)) throw cause
    throw new CommandError(`Cannot listen on ${host}:${port}: ${explainListen(cause.code)}`, { cause })
  }
}

/** What to do about the system's word. */
function explainListen(code: string): string {
  if (code === 'EADDRINUSE') return 'the port is in use; stop what uses it, or choose another with --port'
  if (code === 'EACCES') return 'not allowed for this user; choose a port from 1024 up with --port'
  return `${code}; choose another address with --host`
}
