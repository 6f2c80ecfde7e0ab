import { parseArgs } from 'node:util'

/** What was typed does not fit the command; `message` says what. */
export class UsageError extends Error {}

export type OptionTypes = Readonly<Record<string, 'string' | 'boolean'>>

/** Options by name: a text, or true for one without a value. */
export interface ParsedArguments {
  readonly text: (name: string) => string | undefined
  readonly isSet: (name: string) => boolean
  readonly positionals: readonly string[]
}

/** Reads `--name value`, `--name=value` and the words between. Throws {@link UsageError} for an unknown option. */
export function parseArguments(words: readonly string[], types: OptionTypes): ParsedArguments {
  const options = Object.fromEntries(
    Object.entries(types).map(([name, type]) => [name, { type, ...shortOf(name) }]),
  )
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
      strict: true,
    })
    refuseEmpty(values, positionals)
    return {
      text: (name) => {
        const value = values[name]
        return typeof value === 'string' ? value : undefined
      },
      isSet: (name) => values[name] === true,
      positionals,
    }
  } catch (cause) {
    if (cause instanceof UsageError) throw cause
    throw new UsageError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

/** A shell puts an empty word where a variable was to be. It is never meant, least of all as no limit at all. */
function refuseEmpty(values: Readonly<Record<string, unknown>>, positionals: readonly string[]): void {
  const name = Object.keys(values).find((each) => values[each] === '')
  if (name === undefined && !positionals.includes('')) return
  const what = name === undefined ? 'One of the words' : `--${name}`
  throw new UsageError(`${what} is empty; give it a value, or leave it out`)
}

function shortOf(name: string): { short?: string } {
  return name === 'help' ? { short: 'h' } : {}
}
