import { expect, test } from 'bun:test'
import { loadCommands } from '../../src/commands/command-table.ts'
import { programs, run, withFolder } from '../support/spawn-server.ts'

const grantd = programs.executable
const commands = await loadCommands()
const width = Math.max(...commands.map(({ name }) => name.length))
const runHere = (args: readonly string[]) => withFolder((folder) => run(grantd, { folder, args }))

test.each([[['--help']], [['help']]])(
  '%p lists every command under its heading, without colours in a pipe',
  async (args) => {
    const { code, out, err } = await runHere(args)
    expect([code, err]).toEqual([0, ''])
    for (const { name, summary } of commands) expect(out).toContain(`  ${name.padEnd(width)}  ${summary}\n`)
    expect(out).toContain('\nConfigure\n')
    expect(out).not.toContain('\x1b')
  },
)

test.each(commands.map((command) => [command.name, command] as const))(
  'the help of %s has its usage, every option and an example',
  async (name, { options, example }) => {
    const { code, out } = await runHere([name, '--help'])
    expect(code).toBe(0)
    expect(out).toContain(`Usage: grantd ${name}`)
    for (const option of options) expect(out).toContain(`  --${option.name}`)
    expect(out).toContain(example.split('\n')[0] ?? '')
    expect((await runHere(['help', name])).out).toBe(out)
  },
)

test.each(['bash', 'zsh', 'fish'])('the completion of %s names every command', async (shell) => {
  const { code, out } = await runHere(['completion', shell])
  expect(code).toBe(0)
  for (const { name } of commands) expect(out).toContain(name)
})

test('the completion of bash completes commands, options and choices in a real bash', () =>
  withFolder(async (folder) => {
    const complete = async (words: readonly string[]) => {
      const script = `source <("${grantd[0]}" completion bash)
COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _grantd; echo "\${COMPREPLY[*]}"`
      return (await run(['bash', '-c', script], { folder })).out.trim()
    }
    expect(await complete(['grantd', 'healt'])).toBe('healthcheck')
    expect(await complete(['grantd', 'keys', ''])).toBe(
      'list plan generate rotate export --config --data-dir --tenant --now --force --drop-old --public --pem --kid --json --help',
    )
    expect(await complete(['grantd', 'token', '--te'])).toBe('--tenant')
  }))

test('an unknown shell is wrong usage', async () => {
  const { code, err } = await runHere(['completion', 'cmd'])
  expect(code).toBe(2)
  expect(err).toStartWith('grantd: completion wants one of bash, zsh, fish\n')
})
