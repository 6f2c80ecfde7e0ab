import type { OptionTypes, ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'

/** One subcommand. */
export interface Command {
  readonly name: string
  /** One line for the list of commands. */
  readonly summary: string
  /** What stands behind the name in its usage line. */
  readonly usage: string
  readonly options: OptionTypes
  /** The text below the usage line: what it does, its options, an example. */
  readonly help: string
  /** Answers the exit code. */
  run(args: ParsedArguments, platform: Platform): Promise<number>
}

/** The exit codes of grantd; 78 is EX_CONFIG of sysexits.h. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, config: 78 } as const
