import { parseArgs } from 'node:util'

/** The arguments do not fit the command; `message` says why. */
export class UsageError extends Error {}

/** A required option is not there. `option` is its name without dashes. */
export class MissingOptionError extends UsageError {
  readonly option: string

  constructor(command: string, option: string) {
    super(`${command} wants --${option}`)
    this.option = option
  }
}

/** The command does not have this option. */
export class UnknownOptionError extends UsageError {
  /** As it was typed: `--prot`. */
  readonly typed: string

  constructor(typed: string) {
    super(`Unknown option '${typed}'`)
    this.typed = typed
  }
}

/** The command does not exist. */
export class UnknownCommandError extends UsageError {}

export type OptionTypes = Readonly<Record<string, 'string' | 'boolean'>>

export interface OptionNames {
  readonly types: OptionTypes
  /** Other names of options, such as old ones. */
  readonly aliases?: Readonly<Record<string, string>>
  /** Options whose values add up, separated by commas. */
  readonly lists?: readonly string[]
}

/** Options by name: a text, or true for one without a value. */
export interface ParsedArguments {
  readonly text: (name: string) => string | undefined
  readonly isSet: (name: string) => boolean
  readonly positionals: readonly string[]
  /** The names of all options that are there. */
  readonly given: readonly string[]
}

type Values = Map<string, string | true>

/**
 * Reads `--name value`, `--name=value` and the words between. The values of a repeated list add up. Throws {@link UsageError} for an
 * unknown option, for a value that is missing, empty or not wanted, for two different values, and for an empty word.
 */
export function parseArguments(words: readonly string[], names: OptionNames): ParsedArguments {
  // The runtimes put this character in place of bytes that are no UTF-8. What it names would be another file.
  const broken = words.find((word) => word.includes('\uFFFD'))
  if (broken !== undefined)
    throw new UsageError(`The argument '${broken}' is not UTF-8; rename what it names`)
  const values: Values = new Map()
  const positionals: string[] = []
  for (const token of splitWords(words, names)) {
    if (token.kind === 'option') takeOption(token, values, names)
    if (token.kind === 'positional') positionals.push(token.value)
  }
  // A shell passes an empty word for an empty variable in quotes.
  if (positionals.includes('')) throw new UsageError(`One of the words ${emptiness}`)
  return {
    text: (name) => {
      const value = values.get(name)
      return typeof value === 'string' ? value : undefined
    },
    isSet: (name) => values.get(name) === true,
    positionals,
    given: [...values.keys()],
  }
}

const emptiness = 'is empty; give it a value, or leave it out'

function splitWords(words: readonly string[], { types, aliases = {} }: OptionNames) {
  const named = Object.entries(types).map(([name, type]) => [name, { type, ...shortOf(name) }] as const)
  const others = Object.entries(aliases).map(
    ([alias, name]) => [alias, { type: types[name] ?? 'boolean' }] as const,
  )
  const options = Object.fromEntries([...named, ...others])
  return parseArgs({ args: [...words], options, allowPositionals: true, strict: false, tokens: true }).tokens
}

interface OptionToken {
  readonly name: string
  /** As it was typed: `--port`, `-h`. */
  readonly rawName: string
  readonly value?: string | undefined
  readonly inlineValue?: boolean | undefined
}

function takeOption(token: OptionToken, values: Values, names: OptionNames): void {
  const { types, aliases = {}, lists = [] } = names
  const { rawName, value } = token
  const name = (Object.hasOwn(aliases, token.name) ? aliases[token.name] : undefined) ?? token.name
  if (!Object.hasOwn(types, name)) throw new UnknownOptionError(rawName)
  if (types[name] === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value`)
    values.set(name, true)
    return
  }
  if (value === undefined) throw new UsageError(`${rawName} wants a value`)
  if (value === '') throw new UsageError(`${rawName} ${emptiness}`)
  if (token.inlineValue !== true && value.startsWith('--')) {
    throw new UsageError(`${rawName} wants a value; if '${value}' is meant as one, write ${rawName}=${value}`)
  }
  const earlier = values.get(name)
  const isList = lists.includes(name)
  // Taking the last one would leave undone in silence what the first one asked for.
  if (typeof earlier === 'string' && earlier !== value && !isList)
    throw new UsageError(`--${name} is there twice, with '${earlier}' and '${value}'; give it once`)
  values.set(name, typeof earlier === 'string' && isList ? `${earlier},${value}` : value)
}

const shorts: Readonly<Record<string, string>> = { help: 'h', version: 'v' }

function shortOf(name: string): { short?: string } {
  const short = shorts[name]
  return short === undefined ? {} : { short }
}
