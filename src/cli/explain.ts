import { ConfigError } from '../config/fault.ts'
import { suggest } from '../config/suggest.ts'
import { KeyError } from '../keys/key-plan.ts'
import { SigningEngineError } from '../keys/signing/signer.ts'
import {
  MissingOptionError,
  UnknownCommandError,
  UnknownOptionError,
  UsageError,
} from '../platform/arguments.ts'
import { FileError, withStep } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import { printable } from '../printable.ts'
import { DamagedRowError, StorageError, StorageRefusedError } from '../storage/storage.ts'
import { type Command, CommandError, exitCodes } from './command.ts'
import { renderUsageHint } from './help.ts'

/** Prints why a command failed and returns the exit code. Throws an error that no command is expected to throw. */
export function explain(error: unknown, command: Command, platform: Platform): number {
  if (error instanceof UsageError) {
    const used = error instanceof UnknownCommandError ? undefined : command
    platform.writeError(
      `grantd: ${printableLines(error.message)}${hintFor(error, command)}\n${renderUsageHint(used)}\n`,
    )
    return exitCodes.usage
  }
  const isLasting =
    error instanceof ConfigError ||
    error instanceof KeyError ||
    error instanceof SigningEngineError ||
    error instanceof StorageRefusedError ||
    error instanceof DamagedRowError
  if (isLasting) {
    platform.writeError(`${printableLines(error.message)}\n`)
    return exitCodes.config
  }
  if (error instanceof CommandError || error instanceof FileError || error instanceof StorageError) {
    platform.writeError(`grantd: ${printable(withStep(error.message))}\n`)
    return exitCodes.failed
  }
  throw error
}

/** A message of several lines may quote a database or a file, so each line is made printable. */
function printableLines(message: string): string {
  return message.split('\n').map(printable).join('\n')
}

/** What a missing option takes, or the option of this command that the user probably meant. */
function hintFor(error: UsageError, { options }: Command): string {
  if (error instanceof MissingOptionError) {
    const value = options.find(({ name }) => name === error.option)?.value
    return value ? ` ${value}` : ''
  }
  if (!(error instanceof UnknownOptionError)) return ''
  const typed = error.typed.replace(/^-+/, '')
  const names = [...options.map(({ name }) => name), 'help', 'version']
  const near = suggest(typed, names) ?? names.find((name) => name.startsWith(`${typed}-`))
  return near ? `; did you mean --${near}?` : ''
}
