import { readServerAddress, type ServerAddress } from '../../config/server-settings.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { hostInUrl } from '../../protocol/url/host.ts'
import { refuseBeside } from '../check-use.ts'
import { CommandError, type Option } from '../command.ts'
import { findConfig } from '../find-config.ts'
import { configOption, hostOption, parseHost, parsePort, portOption, settingOf } from '../options.ts'
import { parseServerUrl, unknownPort } from './http-client.ts'

export const urlOption: Option = {
  name: 'url',
  value: 'URL',
  description: 'the base of the server, when it is elsewhere',
}

/** The options that say where a server on this machine listens. */
export const localOptions = [
  configOption,
  { ...hostOption, description: 'host of the server on this machine, in place of server.host' },
  { ...portOption, description: 'port of the server on this machine, in place of server.port' },
] as const

/** Finds the port that a running server took for port 0; undefined: it is not known. */
type FindPort = (args: ParsedArguments, platform: Platform) => Promise<number | undefined>

interface Finding {
  readonly option?: Option
  readonly findTakenPort: FindPort
}

/** The options that say where a server is. */
export const serverOptions = [urlOption, ...localOptions] as const

/**
 * The base URL of the server that --url or the variable of `option` names, otherwise of the server that `serve` would start here. Throws
 * UsageError, ConfigError and CommandError.
 */
export async function findServerUrl(
  args: ParsedArguments,
  platform: Platform,
  { option = urlOption, findTakenPort }: Finding,
): Promise<string> {
  const local = localOptions.map(({ name }) => name)
  if (args.text(option.name) !== undefined) refuseBeside('--url', local, args)
  // An option that says where the server on this machine is wins over a variable.
  const isLocal = local.some((name) => args.given.includes(name))
  const url = isLocal ? undefined : settingOf(option, args, platform)
  return url === undefined ? findLocalUrl(args, platform, findTakenPort) : parseServerUrl(url)
}

/**
 * Where `serve` would listen with the same arguments, environment and configuration. A server with TLS is asked at its public_url, whose
 * host its certificate has, unless an option names the host or the port.
 */
async function findLocalUrl(
  args: ParsedArguments,
  platform: Platform,
  findTakenPort: FindPort,
): Promise<string> {
  const server = await findAddress(args, platform)
  const isNamed = [hostOption, portOption].some(({ name }) => args.text(name) !== undefined)
  if (server?.isTls && server.public_url?.startsWith('https:') && !isNamed) return server.public_url
  return listenUrl({ args, platform, server, findTakenPort })
}

/** The URL at which the server itself listens, by the address and not by a name. Throws like {@link findServerUrl}. */
export async function findListenUrl(
  args: ParsedArguments,
  platform: Platform,
  { findTakenPort }: Finding,
): Promise<string> {
  return listenUrl({ args, platform, server: await findAddress(args, platform), findTakenPort })
}

interface Listening {
  readonly args: ParsedArguments
  readonly platform: Platform
  readonly server: ServerAddress | undefined
  readonly findTakenPort: FindPort
}

async function listenUrl({ args, platform, server, findTakenPort }: Listening): Promise<string> {
  const portText = settingOf(portOption, args, platform)
  const hostText = settingOf(hostOption, args, platform)
  const asked = portText === undefined ? (server?.port ?? 3000) : parsePort(portText)
  const host = hostText === undefined ? (server?.host ?? '127.0.0.1') : parseHost(hostText)
  const port = asked === 0 ? await findTakenPort(args, platform) : asked
  if (port === undefined) throw new CommandError(unknownPort('name the server with --url URL'))
  const reachable = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
  const scheme = server?.isTls ? 'https' : 'http'
  return parseServerUrl(`${scheme}://${hostInUrl(reachable)}:${port}`)
}

/** Undefined if there is no configuration. A faulty one is ignored where options or the environment name host and port. */
async function findAddress(args: ParsedArguments, platform: Platform): Promise<ServerAddress | undefined> {
  const isWhole = [hostOption, portOption].every((option) => settingOf(option, args, platform) !== undefined)
  try {
    const path = await findConfig(args, platform)
    return path === undefined ? undefined : await readServerAddress(path, platform)
  } catch (cause) {
    if (isWhole) return undefined
    throw cause
  }
}
