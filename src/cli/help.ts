import type { Platform } from '../platform/platform.ts'
import { type Command, groups, type Option } from './command.ts'
import { stylesFor } from './style.ts'

function renderUsage({ name, words, options }: Command): string {
  const rest = [...(options.length > 0 ? ['[OPTIONS]'] : []), ...(words ? [words] : [])]
  return ['Usage: grantd', name, ...rest].join(' ')
}

const overallUsage = 'Usage: grantd [COMMAND] [OPTIONS]'

/** The hint after wrong usage: the usage of the command, and where to read more. `undefined`: grantd as a whole. */
export function renderUsageHint(command: Command | undefined): string {
  if (!command) return `${overallUsage}\nRun grantd help for more.`
  return `${renderUsage(command)}\nRun grantd help ${command.name} for more.`
}

export function renderCommandHelp(command: Command, platform: Platform): string {
  const { bold } = stylesFor(platform)
  const { summary, details, options, example } = command
  const sections = [
    `${summary}.`,
    renderUsage(command),
    ...(details ? [details] : []),
    ...(options.length > 0 ? [`${bold('Options')}\n${renderOptions(command)}`] : []),
    `${bold('Example')}\n${indent(example)}`,
  ]
  return `${sections.join('\n\n')}\n`
}

export function renderOverview(commands: readonly Command[], platform: Platform): string {
  const { bold } = stylesFor(platform)
  const width = Math.max(...commands.map(({ name }) => name.length))
  const sections = groups.map((group) => {
    const lines = commands
      .filter((command) => command.group === group)
      .map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
    return `${bold(group)}\n${lines.join('\n')}`
  })
  return `${[
    'grantd signs people in, and issues and checks OAuth 2.0 tokens, for many tenants.',
    overallUsage,
    ...sections,
    `${bold('Example')}\n  grantd init my-server && cd my-server && grantd`,
    'Without a command it serves; without a config.yaml it serves a demo.\ngrantd COMMAND --help tells more of a command, grantd --version the version.',
  ].join('\n\n')}\n`
}

function renderOptions(command: Command): string {
  const rows = command.options.map((option) => ({
    left: option.value ? `--${option.name} ${option.value}` : `--${option.name}`,
    right: `${describeOption(option, command)}${option.env ? ` (${option.env})` : ''}`,
  }))
  const width = Math.max(...rows.map(({ left }) => left.length))
  return rows.map(({ left, right }) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}

/** The description, with the choices in front of it that know the option. */
export function describeOption({ description, of }: Option, { choices = [] }: Command): string {
  if (of === undefined) return description
  const others = choices.filter((choice) => !of.includes(choice))
  const isShort = of.length <= others.length || others.length === 0
  return `${isShort ? '' : 'all but '}${(isShort ? of : others).join(', ')}: ${description}`
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
