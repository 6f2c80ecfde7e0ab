import { type Command, CommandError } from '../cli/command.ts'
import { createLogLook, logFormatOption, logLevelOption } from '../cli/log-look.ts'
import {
  configOption,
  dataDirOption,
  hostOption,
  parseWorkers,
  portOption,
  settingOf,
  workersOption,
} from '../cli/options.ts'
import { refuseDebuggers, warnOfSurroundings } from '../cli/surroundings.ts'
import { createLog } from '../log.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { WorkerSide } from '../supervisor/worker-side.ts'

const serveOptions = [
  configOption,
  hostOption,
  portOption,
  dataDirOption,
  workersOption,
  logLevelOption,
  logFormatOption,
]

export const serveCommand: Command = {
  name: 'serve',
  group: 'Serve',
  summary: 'Start the server; this is what happens without a command',
  options: serveOptions,
  details:
    'Where there is no configuration it serves a demo: one tenant, one client with a secret shown once, nothing kept.\nSIGTERM and SIGINT stop it once the requests in flight are answered; a second signal stops it at once.\nSIGHUP and grantd reload read the configuration again and cut nobody off; with --workers, SIGUSR2 replaces the workers.',
  example: 'grantd serve --config /etc/grantd/config.yaml --port 8080',
  run: serve,
}

/** Loads the parts of a server only in a process that serves, because a supervisor answers no request and should stay small. */
async function serve(args: ParsedArguments, platform: Platform): Promise<number> {
  refuseDebuggers(platform.environment)
  const worker = WorkerSide.find(platform)
  if (!worker) warnOfEnvironment(args, platform)
  const text = settingOf(workersOption, args, platform)
  const workers = text === undefined ? undefined : parseWorkers(text)
  if (!worker && workers !== undefined && canSupervise(workers, platform)) {
    const { supervise } = await import('../server/supervise.ts')
    return supervise(args, platform, workers)
  }
  const { serveProcess } = await import('../server/serve-process.ts')
  return serveProcess(args, platform, worker)
}

function warnOfEnvironment(args: ParsedArguments, platform: Platform): void {
  const { environment, writeLine, now } = platform
  const look = createLogLook(args, platform)
  const variables = serveOptions.flatMap(({ env }) => env ?? [])
  warnOfSurroundings(variables, { environment, log: createLog(writeLine, now, () => look()) })
}

/** Whether workers can share the port. If not, `auto` and 1 mean one process without a supervisor. Throws CommandError for more. */
function canSupervise(workers: number | 'auto', { canSharePort, processes, name }: Platform): boolean {
  if (canSharePort && processes.startAgain) return true
  if (workers === 'auto' || workers === 1) return false
  const reason = canSharePort
    ? `grantd starts no workers under ${name}, use its executable`
    : 'this system does not deal out the connections of one port, Linux does'
  throw new CommandError(`Cannot run ${workers} workers: ${reason}; or leave --workers out`)
}
