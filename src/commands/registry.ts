import type { Command } from './command.ts'
import { serveCommand } from './serve.ts'

/** Every subcommand; the first is the one that runs when none is named. */
export const commands: readonly [Command, ...Command[]] = [serveCommand]
