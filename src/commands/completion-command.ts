import { type Command, exitCodes } from '../cli/command.ts'
import { getAction } from '../cli/get-action.ts'
import { describeOption } from '../cli/help.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'

type Commands = readonly Command[]

const shells: Readonly<Record<string, (commands: Commands) => string>> = {
  bash: renderBash,
  zsh: renderZsh,
  fish: renderFish,
}

/** `load` is called late, because this command is in the list itself. */
export function createCompletionCommand(load: () => Promise<Commands>): Command {
  return {
    name: 'completion',
    group: 'More',
    summary: 'Print the completion script of a shell',
    words: Object.keys(shells).join('|'),
    mostWords: 1,
    choices: Object.keys(shells),
    options: [],
    details:
      'bash  source <(grantd completion bash)\nzsh   source <(grantd completion zsh)\nfish  grantd completion fish | source',
    example: 'grantd completion bash > /etc/bash_completion.d/grantd',
    run: async (args: ParsedArguments, platform: Platform) => {
      const render = getAction('completion', args.positionals[0], shells)
      platform.writeOut(render(await load()))
      return exitCodes.ok
    },
  }
}

function wordsOf({ options, choices = [] }: Command): string[] {
  return [...choices, ...options.map(({ name }) => `--${name}`), '--help']
}

const names = (commands: Commands) => [...commands.map(({ name }) => name), 'help'].join(' ')

/** Options whose value is a file or a folder. */
function fileOptions(commands: Commands): string[] {
  const options = commands.flatMap((command) => command.options)
  const files = options.filter(({ value }) => value === 'PATH' || value === 'FILE')
  return [...new Set(files.map(({ name }) => `--${name}`))]
}

function renderBash(commands: Commands): string {
  const cases = commands.map((command) => `    ${command.name}) words="${wordsOf(command).join(' ')}" ;;`)
  return `_grantd() {
  local current=\${COMP_WORDS[COMP_CWORD]} previous=\${COMP_WORDS[COMP_CWORD-1]} words
  case $previous in ${fileOptions(commands).join('|')}) COMPREPLY=($(compgen -f -- "$current")); return ;; esac
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
    help) words="${names(commands)}" ;;
  esac
  if [ "$COMP_CWORD" -eq 1 ]; then words="${names(commands)} --help --version"; fi
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _grantd grantd
`
}

function renderZsh(commands: Commands): string {
  const described = commands.map(({ name, summary }) => `    '${name}:${summary.replaceAll("'", "'\\''")}'`)
  const cases = commands.map((command) => `    ${command.name}) compadd -- ${wordsOf(command).join(' ')} ;;`)
  return `#compdef grantd
_grantd() {
  local -a commands=(
${described.join('\n')}
  )
  if (( CURRENT == 2 )); then _describe command commands; return; fi
  case $words[2] in
${cases.join('\n')}
    help) compadd -- ${names(commands)} ;;
  esac
  _files
}
compdef _grantd grantd
`
}

function renderFish(commands: Commands): string {
  const lines = commands.flatMap((command) => {
    const { name, summary, options, choices = [] } = command
    return [
      `complete -c grantd -n __fish_use_subcommand -a ${name} -d ${quoteForFish(summary)}`,
      ...choices.map((choice) => `complete -c grantd -n '__fish_seen_subcommand_from ${name}' -a ${choice}`),
      ...options.map(
        (option) =>
          `complete -c grantd -n '__fish_seen_subcommand_from ${name}' -l ${option.name}${option.value ? ' -r' : ''} -d ${quoteForFish(describeOption(option, command))}`,
      ),
    ]
  })
  return `${lines.join('\n')}\n`
}

function quoteForFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
