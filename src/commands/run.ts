import { renderVersion } from '../build-info.ts'
import { checkUse } from '../cli/check-use.ts'
import { type Command, exitCodes } from '../cli/command.ts'
import { renderCommandHelp, renderOverview } from '../cli/help.ts'
import { suggest } from '../config/suggest.ts'
import { type OptionNames, parseArguments, UnknownCommandError, UsageError } from '../platform/arguments.ts'
import { compileEagerly } from '../platform/eager-compilation.ts'
import type { Platform } from '../platform/platform.ts'
import { type CommandEntry, commands, loadCommands } from './command-table.ts'

/** Runs the command that the arguments name and returns the exit code. */
export async function runCommand(platform: Platform): Promise<number> {
  const [first, ...rest] = platform.args
  const named = findEntry(first)
  const command = await (named ?? commands[0]).load()
  try {
    if (!named && first !== undefined && !first.startsWith('-')) {
      if (first === 'help') return await helpAsked(rest, platform)
      throw unknownCommand(first)
    }
    return await runNamed(
      command,
      { words: named ? rest : platform.args, isNamed: named !== undefined },
      platform,
    )
  } catch (error) {
    const { explain } = await import('../cli/explain.ts')
    return explain(error, command, platform)
  }
}

async function runNamed(
  command: Command,
  { words, isNamed }: { words: readonly string[]; isNamed: boolean },
  platform: Platform,
): Promise<number> {
  const args = parseArguments(words, namesOf(command))
  if (args.isSet('help')) return showHelp(isNamed ? command.name : undefined, platform)
  if (args.isSet('version')) {
    platform.writeOut(renderVersion())
    return exitCodes.ok
  }
  const [word] = args.positionals
  if (!isNamed && word !== undefined && findEntry(word))
    throw new UsageError(
      `Unexpected word '${word}'; the command comes before its options: grantd ${word} ...`,
    )
  checkUse(command, args)
  // A server decides itself when its start is over.
  if (command.name !== 'serve') compileEagerly()
  return command.run(args, platform)
}

function namesOf({ options }: Command): OptionNames {
  const types = options.map(({ name, value }) => [name, value ? 'string' : 'boolean'] as const)
  const aliases = options.flatMap(({ name, aliases = [] }) => aliases.map((alias) => [alias, name] as const))
  return {
    types: { ...Object.fromEntries(types), help: 'boolean', version: 'boolean' },
    aliases: Object.fromEntries(aliases),
    lists: options.filter(({ value }) => value === 'A,B').map(({ name }) => name),
  }
}

function unknownCommand(typed: string): UnknownCommandError {
  const near = suggest(typed, [...commands.map(({ name }) => name), 'help'])
  const hint = near ? `; did you mean ${near}?` : ''
  return new UnknownCommandError(`Unknown command '${typed}'${hint}`)
}

/** `grantd help`, and `grantd help COMMAND` with or without one of the words of the command. */
async function helpAsked(words: readonly string[], platform: Platform): Promise<number> {
  const [name, word, excess] = words.filter((each) => !['help', '--help', '-h'].includes(each))
  const command = await findEntry(name)?.load()
  if (command && word !== undefined && !command.choices?.includes(word))
    throw new UnknownCommandError(`${command.name} has no word '${word}'`)
  if (excess !== undefined) throw new UnknownCommandError(`Unexpected word '${excess}' after help`)
  return showHelp(name, platform)
}

async function showHelp(name: string | undefined, platform: Platform): Promise<number> {
  const command = await findEntry(name)?.load()
  if (name !== undefined && !command) throw unknownCommand(name)
  platform.writeOut(
    command ? renderCommandHelp(command, platform) : renderOverview(await loadCommands(), platform),
  )
  return exitCodes.ok
}

function findEntry(name: string | undefined): CommandEntry | undefined {
  return commands.find((entry) => entry.name === name)
}
