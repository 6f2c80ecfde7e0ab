import type { Log } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import { CommandError } from './command.ts'

const linkAddress = /^(?:tcp|udp|sctp):\/\/\S+:\d{1,5}$/i

/**
 * Whether Kubernetes or Docker set the variable, and not a person. With a Service named `grantd`, each container has
 * `GRANTD_PORT=tcp://10.96.12.34:3000`. grantd reads no other variable of such a link, such as GRANTD_SERVICE_HOST.
 */
export function isServiceLink(variable: string, text: string): boolean {
  return variable.endsWith('_PORT') && linkAddress.test(text)
}

/** Variables by which the runtime opens a debugger before grantd runs. Whoever reaches it reads all keys and secrets. */
const debuggers = ['BUN_INSPECT', 'BUN_INSPECT_CONNECT_TO', 'BUN_INSPECT_PRELOAD']

/** Variables that the runtime reads before grantd runs, and the effect of each. grantd cannot refuse them. */
const runtimeVariables: Readonly<Record<string, string>> = {
  BUN_OPTIONS: 'it gives the runtime options, which may load other code',
}

/** Throws CommandError if the environment opens a debugger in this process: a server must not hold keys beside one. */
export function refuseDebuggers(environment: Platform['environment']): void {
  const variable = debuggers.find((each) => environment(each))
  if (variable === undefined) return
  throw new CommandError(
    `Cannot serve with a debugger, which reads all keys: the environment sets ${variable}; unset it`,
  )
}

/** Logs a line for each variable that is ignored as a Service link, and for each that changes the runtime. */
export function warnOfSurroundings(
  variables: readonly string[],
  { environment, log }: { environment: Platform['environment']; log: Log },
): void {
  for (const variable of variables) {
    const value = environment(variable)
    if (value === undefined || !isServiceLink(variable, value)) continue
    const next = 'give the port in config.yaml or by --port, or set enableServiceLinks: false in the pod'
    log('warn', 'an environment variable is the address of a Service and is ignored', {
      variable,
      value,
      next,
    })
  }
  for (const [variable, reason] of Object.entries(runtimeVariables)) {
    if (environment(variable))
      log('warn', 'an environment variable changes the runtime', { variable, reason })
  }
}
