import { type Command, CommandError, exitCodes } from '../cli/command.ts'
import { ask } from '../cli/remote/http-client.ts'
import { findListenUrl, findServerUrl, serverOptions, urlOption } from '../cli/remote/server-url.ts'
import { findTakenPort } from '../offline/find-taken-port.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'

export const healthcheckCommand: Command = {
  name: 'healthcheck',
  group: 'Serve',
  summary: 'Ask the server on this machine whether it wants requests',
  options: serverOptions,
  details:
    'For containers and supervisors: ends with 0 when /health/ready answers 200 within 10 seconds, else with 1.',
  example: 'grantd healthcheck --port 8080',
  run: healthcheck,
}

async function healthcheck(args: ParsedArguments, platform: Platform): Promise<number> {
  const isLocal = args.text(urlOption.name) === undefined
  const base = await (isLocal ? findListenUrl : findServerUrl)(args, platform, { findTakenPort })
  const url = `${base}/health/ready`
  // The certificate is for the public name. Nothing secret is sent, as with the probes of Kubernetes.
  const { status } = await ask(url, { platform, isUnverified: isLocal })
  if (status !== 200) throw new CommandError(`${url} answers ${status}`)
  platform.writeOut('ok\n')
  return exitCodes.ok
}
