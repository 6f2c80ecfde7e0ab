import { buildInfo } from '../build-info.ts'
import { parseArguments, UsageError } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { type Command, exitCodes } from './command.ts'
import { commands } from './registry.ts'

/** Runs the command that the arguments name and answers the exit code. */
export async function runCommand(platform: Platform): Promise<number> {
  const [first, ...rest] = platform.args
  const named = commands.find(({ name }) => name === first)
  const command = named ?? commands[0]
  try {
    if (!named && first !== undefined && !first.startsWith('-')) {
      throw new UsageError(`Unknown command '${first}'`)
    }
    const args = parseArguments(named ? rest : platform.args, {
      ...command.options,
      help: 'boolean',
      version: 'boolean',
    })
    if (args.isSet('help')) platform.writeOut(named ? renderHelp(command) : renderOverview())
    else if (args.isSet('version')) platform.writeOut(`grantd ${buildInfo.version} (${buildInfo.commit})\n`)
    else return await command.run(args, platform)
    return exitCodes.ok
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    platform.writeError(`grantd: ${error.message}\n${renderUsage(command)}\nRun grantd --help for more.\n`)
    return exitCodes.usage
  }
}

function renderUsage({ name, usage }: Command): string {
  return `Usage: grantd ${name}${usage ? ` ${usage}` : ''}`
}

function renderHelp(command: Command): string {
  return `${renderUsage(command)}\n\n${command.help}\n`
}

function renderOverview(): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    'grantd issues and checks OAuth 2.0 tokens for many tenants.',
    '',
    'Usage: grantd [COMMAND] [OPTIONS]',
    '',
    'Commands:',
    ...lines,
    '',
    commands[0].help,
    '',
    'Every command takes --help; --version prints the version.',
    '',
  ].join('\n')
}
