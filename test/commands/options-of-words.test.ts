import { expect, test } from 'bun:test'
import { describeOption } from '../../src/cli/help.ts'
import { loadCommands } from '../../src/commands/command-table.ts'
import { runCommand } from '../../src/commands/run.ts'
import { platform } from '../support/test-app.ts'

const commands = await loadCommands()

/** Runs a command of which nothing may happen, because its arguments are wrong. */
async function refusalOf(...args: string[]): Promise<string> {
  let err = ''
  const code = await runCommand({
    ...platform,
    args,
    environment: () => undefined,
    writeOut: (text) => expect(text).toBe(''),
    writeError: (text) => {
      err += text
    },
  })
  expect(code).toBe(2)
  return err.split('\n')[0] ?? ''
}

/** Each word of each command with each option that the word does not know. */
const strangers = commands.flatMap((command) =>
  [...(command.hasDefault ? [''] : []), ...(command.choices ?? [])].flatMap((word) =>
    command.options
      .filter(({ of }) => of && !of.includes(word))
      .map((option) => ({ command, word, option, name: command.name, stranger: option.name })),
  ),
)

test('many options belong to some words of a command alone, and each to a word that there is', () => {
  expect(strangers.length).toBeGreaterThan(100)
  for (const { command, option } of strangers)
    expect(command.choices).toEqual(expect.arrayContaining([...(option.of ?? [])]))
})

test.each(strangers)('$name $word takes no --$stranger', async ({ command, word, option }) => {
  const written = option.value ? `--${option.name}=x` : `--${option.name}`
  const words = word === '' ? [] : [word]
  const told = await refusalOf(command.name, ...words, written)
  const used = word === '' ? 'without a word ' : `${word} `
  expect(told).toBe(
    `grantd: ${command.name} ${used}takes no --${option.name}; it is for ${command.name} ${option.of?.join(', ')}`,
  )
})

test('an old name of an option is refused like its new one', async () => {
  expect(await refusalOf('client', 'list', '--scope=a')).toContain('client list takes no --scopes')
})

test('the help says of which words an option is', () => {
  const command = commands.find(({ name }) => name === 'client')
  const told = (wanted: string) => {
    const option = command?.options.find(({ name }) => name === wanted)
    return command && option && describeOption(option, command).split(':')[0]
  }
  expect(['json', 'kid', 'scopes', 'client'].map(told)).toEqual([
    'print JSON, for scripts',
    'keygen',
    'add, keygen',
    'all but list',
  ])
})

test.each([
  [['user', 'list', 'ada'], 'ada'],
  [['user', 'import', 'a', 'b'], 'b'],
  [['keys', 'list', 'acme'], 'acme'],
  [['init', 'a', 'b'], 'b'],
])('a word too many is refused: %p', async (args, word) => {
  expect(await refusalOf(...args)).toBe(
    `grantd: Unexpected word '${word}'; a name or a file comes after its option`,
  )
})

const exclusive = [
  ['restore file --check --into=x', '--check and --into'],
  ['restore file --check --force', '--check and --force'],
  ['restore file --check --keep-tokens', '--check and --keep-tokens'],
  ['restore file --check --keep-api-keys', '--check and --keep-api-keys'],
  ['plan --against=a --data-dir=x', '--against and --data-dir'],
  ['plan new --against=a --config=x', '--against and --config'],
  ['check file --config=x', 'FILE and --config'],
  ['explain id --tenant=x', 'The id of a request and --tenant'],
  ['explain id --url=http://x --data-dir=x', '--url and --data-dir'],
  ['explain --token - --url=http://x --port=1', '--url and --port'],
  ['login --tenant=a --client=b --url=http://x --port=1', '--url and --port'],
  ['token --tenant=a --client=b --url=http://x --host=x', '--url and --host'],
  ['healthcheck --url=http://x --config=x', '--url and --config'],
  ['audit list --system --tenant=x', '--system and --tenant'],
] as const
test.each(exclusive)('%s is refused, because one of two would be ignored', async (line, both) => {
  expect(await refusalOf(...line.split(' '))).toBe(`grantd: ${both} exclude each other`)
})

test('two values of one option are refused', async () => {
  expect(await refusalOf('user', 'delete', '--tenant=a', '--email=a@x.org', '--email=b@x.org')).toBe(
    "grantd: --email is there twice, with 'a@x.org' and 'b@x.org'; give it once",
  )
})
