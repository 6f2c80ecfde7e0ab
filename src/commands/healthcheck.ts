import { loadConfig } from '../config/load.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { type Command, CommandError, exitCodes, type Option } from './command.ts'
import { findConfig } from './find-config.ts'
import { ask, parseServerUrl } from './http-client.ts'
import { configOption, hostOption, parseHost, parsePort, portOption, settingOf } from './options.ts'

const urlOption: Option = {
  name: 'url',
  value: 'URL',
  description: 'the base of the server, when it is elsewhere',
}

export const healthcheckCommand: Command = {
  name: 'healthcheck',
  group: 'Serve',
  summary: 'Ask the server on this machine whether it wants requests',
  options: [configOption, hostOption, portOption, urlOption],
  details:
    'For containers and supervisors: ends with 0 when /health/ready answers 200 within 10 seconds, else with 1.',
  example: 'grantd healthcheck --port 8080',
  run: healthcheck,
}

async function healthcheck(args: ParsedArguments, platform: Platform): Promise<number> {
  const given = args.text('url')
  const base = given === undefined ? await findLocalUrl(args, platform) : parseServerUrl(given)
  const url = `${base}/health/ready`
  const { status } = await ask(url, { platform })
  if (status !== 200) throw new CommandError(`${url} answers ${status}`)
  platform.writeOut('ok\n')
  return exitCodes.ok
}

/** Where serve would listen with the same arguments, environment and configuration. */
async function findLocalUrl(args: ParsedArguments, platform: Platform): Promise<string> {
  const portText = settingOf(portOption, args, platform)
  const hostText = settingOf(hostOption, args, platform)
  const needsConfig = portText === undefined || hostText === undefined
  const path = needsConfig ? await findConfig(args, platform) : undefined
  const server = path === undefined ? undefined : (await loadConfig(path, platform)).config.server
  const port = portText === undefined ? (server?.port ?? 3000) : parsePort(portText)
  const host = hostText === undefined ? (server?.host ?? '127.0.0.1') : parseHost(hostText)
  const reachable = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host
  return parseServerUrl(`http://${reachable.includes(':') ? `[${reachable}]` : reachable}:${port}`)
}
