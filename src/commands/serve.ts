import { createApp } from '../app.ts'
import { composeDeps, composeKeyring } from '../compose.ts'
import { ConfigError, renderFault } from '../config/fault.ts'
import { type LoadedConfig, loadConfig } from '../config/load.ts'
import type { Lifecycle } from '../deps.ts'
import { KeyFileError, type OpenedKey } from '../keys/key-file.ts'
import { createLog, type Log } from '../log.ts'
import { type ParsedArguments, UsageError } from '../platform/arguments.ts'
import { ListenError, type Listener, type Platform } from '../platform/platform.ts'
import { type Command, exitCodes } from './command.ts'
import { openKeys } from './open-keys.ts'
import { runUntilStopped, TrackedHandler } from './shutdown.ts'
import { renderStartup } from './startup.ts'

export const serveCommand: Command = {
  name: 'serve',
  summary: 'Start the server (the default)',
  usage: '[--config PATH] [--host HOST] [--port PORT]',
  options: { config: 'string', host: 'string', port: 'string' },
  help: [
    'Options of serve, each with the environment variable that does the same:',
    '  --config PATH   the configuration          GRANTD_CONFIG   default config.yaml',
    '  --host HOST     replaces server.host       GRANTD_HOST',
    '  --port PORT     replaces server.port       GRANTD_PORT',
    '',
    'Example:',
    '  grantd serve --config /etc/grantd/config.yaml --port 8080',
  ].join('\n'),
  run: serve,
}

async function serve(args: ParsedArguments, platform: Platform): Promise<number> {
  if (args.positionals.length > 0) throw new UsageError(`Unexpected word '${args.positionals[0]}'`)
  const setting = (name: string) =>
    args.text(name) ?? (platform.environment(`GRANTD_${name.toUpperCase()}`) || undefined)
  const portText = setting('port')
  const port = portText === undefined ? undefined : parsePort(portText)
  try {
    const loaded = await loadConfig(setting('config') ?? 'config.yaml', platform)
    for (const warning of loaded.warnings) platform.writeError(`warning: ${renderFault(warning)}\n`)
    const { server } = loaded.config
    const address = { host: setting('host') ?? server.host, port: port ?? server.port }
    return await serveConfig(loaded, address, platform)
  } catch (error) {
    return explainFailure(error, platform)
  }
}

/** The server cannot start, for a reason outside its configuration. */
class StartError extends Error {}

interface Address {
  readonly host: string
  readonly port: number
}

async function serveConfig(loaded: LoadedConfig, address: Address, platform: Platform): Promise<number> {
  const now = Date.now
  const log = createLog(platform.writeOut, now)
  const lifecycle: Lifecycle = { phase: 'starting' }
  const openedKeys = new Map<string, OpenedKey>()
  const keyring = composeKeyring(loaded, platform, {
    onOpened: ({ tenantId }, opened) => {
      openedKeys.set(tenantId, opened)
      if (lifecycle.phase === 'ready') logNewKey(tenantId, opened, log)
    },
  })
  await openKeys(loaded.config, { keyring, log, atOnce: platform.cores })
  const handler = new TrackedHandler()
  const listener = listen(address, handler, platform)
  const publicUrl = loaded.config.server.public_url ?? `http://localhost:${listener.port}`
  const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count))
  const deps = composeDeps(loaded, { platform, log, now, randomBytes, keyring, publicUrl, lifecycle })
  handler.inner = createApp(deps)
  lifecycle.phase = 'ready'
  platform.writeOut(renderStartup({ deps, host: address.host, port: listener.port, openedKeys }))
  for (const [tenantId, opened] of openedKeys) logNewKey(tenantId, opened, log)
  return runUntilStopped({ platform, listener, handler, lifecycle, log })
}

/** A key is never made in silence. */
function logNewKey(tenant: string, { key, path, generated }: OpenedKey, log: Log): void {
  if (generated) log('info', 'generated a signing key', { tenant, kid: key.kid, file: path })
}

function listen({ host, port }: Address, handler: TrackedHandler, platform: Platform): Listener {
  try {
    return platform.listen({ hostname: host, port, fetch: handler.fetch })
  } catch (cause) {
    if (!(cause instanceof ListenError)) throw cause
    throw new StartError(`Cannot listen on ${host}:${port}: ${explainListen(cause.code)}`, { cause })
  }
}

/** What to do about the system's word. */
function explainListen(code: string): string {
  if (code === 'EADDRINUSE') return 'the port is in use; stop what uses it, or choose another with --port'
  if (code === 'EACCES') return 'not allowed for this user; choose a port from 1024 up with --port'
  return `${code}; choose another address with --host`
}

function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (port <= 65_535) return port
  throw new UsageError(`The port is '${text}', wanted a whole number from 0 to 65535`)
}

function explainFailure(error: unknown, platform: Platform): number {
  if (error instanceof ConfigError || error instanceof KeyFileError) {
    platform.writeError(`${error.message}\n`)
    return exitCodes.config
  }
  if (error instanceof StartError) {
    platform.writeError(`${error.message}\n`)
    return exitCodes.failed
  }
  throw error
}
