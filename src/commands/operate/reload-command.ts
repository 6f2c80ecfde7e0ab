import { type Command, CommandError, exitCodes } from '../../cli/command.ts'
import { configOption, dataDirOption, jsonOption } from '../../cli/options.ts'
import { stylesFor } from '../../cli/style.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ControlAnswer } from '../../server/reload/control-messages.ts'
import { askServers } from './ask-servers.ts'

export const reloadCommand: Command = {
  name: 'reload',
  group: 'Serve',
  summary: 'Let the running server read its configuration again, and tell what became of it',
  options: [
    configOption,
    dataDirOption,
    {
      name: 'restart-workers',
      description: 'replace the workers by new processes, for a new executable or settings that need it',
    },
    jsonOption,
  ],
  details:
    'Finds the server by data_dir. Settings that its workers cannot change make new ones take over. Ends with 0 when the configuration is in force, and with 78 when it has a fault: then the old one stays.\nSIGHUP does the same, and SIGUSR2 replaces the workers.',
  example: 'grantd reload --config /etc/grantd/config.yaml',
  run: reload,
}

async function reload(args: ParsedArguments, platform: Platform): Promise<number> {
  const command = args.isSet('restart-workers') ? 'restart-workers' : 'reload'
  const answers = await askServers({ command }, args, platform)
  if (args.isSet('json')) platform.writeOut(`${JSON.stringify(answers)}\n`)
  const codes = answers.map((answer) => report(answer, args.isSet('json'), platform))
  return Math.max(...codes)
}

/** Returns the exit code. */
function report(answer: ControlAnswer, isQuiet: boolean, platform: Platform): number {
  if ('restartWorkers' in answer) return reportRestart(answer.restartWorkers, isQuiet, platform)
  if (!('reload' in answer)) throw new CommandError('The server gave another answer than was asked for')
  const { reload } = answer
  if (isQuiet) return reload.isTaken ? exitCodes.ok : exitCodes.config
  if (!reload.isTaken) {
    for (const fault of reload.faults) platform.writeError(`${fault}\n`)
    platform.writeError('The reload failed, the old configuration stays in force\n')
    return exitCodes.config
  }
  for (const warning of reload.warnings) platform.writeError(`warning: ${warning}\n`)
  for (const name of reload.fixed)
    platform.writeError(`warning: ${name} is as before until a restart: a reload cannot change it\n`)
  platform.writeOut(`${stylesFor(platform).green('ok')}: the configuration is in force${renderNew(reload)}\n`)
  return exitCodes.ok
}

function renderNew({ newProcesses }: { readonly newProcesses?: readonly string[] }): string {
  if (!newProcesses) return ''
  return newProcesses.length > 0
    ? `; new processes took over for ${newProcesses.join(', ')}`
    : '; new processes took over'
}

function reportRestart(
  outcome: 'done' | 'failed' | 'no workers',
  isQuiet: boolean,
  platform: Platform,
): number {
  if (outcome === 'no workers')
    throw new CommandError('The server has no workers to replace; restart it, or start it with --workers')
  if (outcome === 'failed')
    throw new CommandError(
      'The workers could not be replaced, the old ones stay; the log of the server says why',
    )
  if (!isQuiet) platform.writeOut(`${stylesFor(platform).green('ok')}: new workers serve\n`)
  return exitCodes.ok
}
