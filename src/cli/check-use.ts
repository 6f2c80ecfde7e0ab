import { type ParsedArguments, UsageError } from '../platform/arguments.ts'
import type { Command } from './command.ts'

/** Throws UsageError for a word too many, and for an option that the chosen word of the command would ignore. */
export function checkUse(command: Command, args: ParsedArguments): void {
  const [choice] = args.positionals
  checkWords(command, choice, args)
  const isChoice = choice === undefined ? command.hasDefault : command.choices?.includes(choice)
  // The command itself tells its choices where the word is none of them.
  if (isChoice) checkOptions(command, choice, args)
}

function checkWords(command: Command, choice: string | undefined, { positionals }: ParsedArguments): void {
  const { mostWords = 0, longChoices = [] } = command
  const most = mostWords + (choice !== undefined && longChoices.includes(choice) ? 1 : 0)
  const excess = positionals[most]
  if (excess !== undefined)
    throw new UsageError(`Unexpected word '${excess}'; a name or a file comes after its option`)
}

function checkOptions({ name, options }: Command, choice: string | undefined, args: ParsedArguments): void {
  const other = options.find(
    ({ name, of }) => of && args.given.includes(name) && !(choice !== undefined && of.includes(choice)),
  )
  if (!other) return
  const used = choice === undefined ? `${name} without a word` : `${name} ${choice}`
  throw new UsageError(`${used} takes no --${other.name}; it is for ${name} ${other.of?.join(', ')}`)
}

/** Throws UsageError if one of the options of these names is there, which the command ignores beside `mode`. */
export function refuseBeside(mode: string, names: readonly string[], { given }: ParsedArguments): void {
  const other = names.find((name) => given.includes(name))
  if (other !== undefined) throw new UsageError(`${mode} and --${other} exclude each other`)
}
