import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'

/** One option of a subcommand. */
export interface Option {
  readonly name: string
  /** The name of its value in the help, such as PATH; undefined for an option without a value. PATH and FILE are completed as files. */
  readonly value?: string
  readonly description: string
  /** Earlier names, which still work. */
  readonly aliases?: readonly string[]
  /** The environment variable that does the same. */
  readonly env?: string
  /** The choices of the command that know it; undefined: all. */
  readonly of?: readonly string[]
}

/** The headings of the help, in the order in which a person needs them. */
export const groups = ['Serve', 'Configure', 'Manage', 'Tokens', 'More'] as const

/** One subcommand. */
export interface Command {
  readonly name: string
  readonly group: (typeof groups)[number]
  /** One line for the list of commands. */
  readonly summary: string
  /** The words that it takes besides its options, as in the usage: [FILE]. */
  readonly words?: string
  /** Default: 0. */
  readonly mostWords?: number
  /** The first word is one of these. */
  readonly choices?: readonly string[]
  /** Whether the command does something of its own without a choice. */
  readonly hasDefault?: boolean
  /** The choices after which one more word may come. */
  readonly longChoices?: readonly string[]
  readonly options: readonly Option[]
  /** The text of the help below the summary. */
  readonly details?: string
  readonly example: string
  /** Returns the exit code. */
  run(args: ParsedArguments, platform: Platform): Promise<number>
}

/** The exit codes of grantd; 78 is EX_CONFIG of sysexits.h, and 130 what a shell says of a command that Ctrl-C ended. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, config: 78, interrupted: 130 } as const

/** A command cannot do its work, for the reason in `message`: one line for the person, and exit 1. */
export class CommandError extends Error {}
