import { buildInfo } from '../build-info.ts'
import { ConfigError } from '../config/fault.ts'
import { KeyFileError } from '../keys/key-file.ts'
import { SigningEngineError } from '../keys/sign-engine.ts'
import { parseArguments, UsageError } from '../platform/arguments.ts'
import { FileError, type Platform } from '../platform/platform.ts'
import { printable } from '../printable.ts'
import { StorageError, StorageRefusedError } from '../storage/storage.ts'
import { type Command, CommandError, exitCodes } from './command.ts'
import { renderCommandHelp, renderOverview, renderUsage } from './help.ts'
import { commands } from './registry.ts'

/** Runs the command that the arguments name and answers the exit code. */
export async function runCommand(platform: Platform): Promise<number> {
  const [first, ...rest] = platform.args
  const named = commands.find(({ name }) => name === first)
  const command = named ?? commands[0]
  try {
    if (!named && first !== undefined && !first.startsWith('-')) {
      if (first === 'help') return showHelp(rest[0], platform)
      throw new UsageError(`Unknown command '${first}'`)
    }
    return await runNamed(
      command,
      { words: named ? rest : platform.args, isNamed: named !== undefined },
      platform,
    )
  } catch (error) {
    return explain(error, command, platform)
  }
}

async function runNamed(
  command: Command,
  { words, isNamed }: { words: readonly string[]; isNamed: boolean },
  platform: Platform,
): Promise<number> {
  const types = command.options.map(({ name, value }) => [name, value ? 'string' : 'boolean'] as const)
  const args = parseArguments(words, { ...Object.fromEntries(types), help: 'boolean', version: 'boolean' })
  if (args.isSet('help')) return showHelp(isNamed ? command.name : undefined, platform)
  if (args.isSet('version')) {
    platform.writeOut(`grantd ${buildInfo.version} (${buildInfo.commit})\n`)
    return exitCodes.ok
  }
  const excess = args.positionals[command.mostWords ?? 0]
  if (excess !== undefined) throw new UsageError(`Unexpected word '${excess}'`)
  return command.run(args, platform)
}

function showHelp(name: string | undefined, platform: Platform): number {
  const command = commands.find((candidate) => candidate.name === name)
  if (name !== undefined && !command) throw new UsageError(`Unknown command '${name}'`)
  platform.writeOut(command ? renderCommandHelp(command, platform) : renderOverview(commands, platform))
  return exitCodes.ok
}

function explain(error: unknown, command: Command, platform: Platform): number {
  if (error instanceof UsageError) {
    platform.writeError(
      `grantd: ${error.message.split('\n').map(printable).join('\n')}\n${renderUsage(command)}\nRun grantd help for more.\n`,
    )
    return exitCodes.usage
  }
  const isLasting =
    error instanceof ConfigError ||
    error instanceof KeyFileError ||
    error instanceof SigningEngineError ||
    error instanceof StorageRefusedError
  if (isLasting) {
    platform.writeError(`${error.message}\n`)
    return exitCodes.config
  }
  if (error instanceof CommandError || error instanceof FileError || error instanceof StorageError) {
    platform.writeError(`grantd: ${printable(error.message)}\n`)
    return exitCodes.failed
  }
  throw error
}
