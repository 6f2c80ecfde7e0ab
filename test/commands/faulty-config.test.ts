import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadCommands } from '../../src/commands/command-table.ts'
import { runCommand } from '../../src/commands/run.ts'
import { platform } from '../support/test-app.ts'

/** Every word of every command that reads config.yaml, with what else it wants. */
const lines = [
  'serve',
  'healthcheck',
  'reload',
  'plan',
  'plan FILE --against good.yaml',
  'plan good.yaml --against FILE',
  'plan FILE',
  'doctor',
  'check',
  'check FILE',
  'secret rotate --tenant a --client b',
  'keys list',
  'keys plan',
  'keys generate',
  'keys rotate',
  'keys export --public',
  'tenant list',
  'tenant add --tenant a',
  'tenant show --tenant a',
  'tenant remove --tenant a',
  'tenant enable --tenant a',
  'tenant disable --tenant a',
  'client list --tenant a',
  'client add --tenant a --client b',
  'client show --tenant a --client b',
  'client remove --tenant a --client b',
  'client enable --tenant a --client b',
  'client disable --tenant a --client b',
  'user list --tenant a',
  'user add --tenant a --email a@x.org',
  'user show --tenant a --email a@x.org',
  'user disable --tenant a --email a@x.org',
  'user enable --tenant a --email a@x.org',
  'user reset --tenant a --email a@x.org',
  'user sessions --tenant a --email a@x.org',
  'user sign-out --tenant a --email a@x.org',
  'user delete --tenant a --email a@x.org',
  'user import --tenant a -',
  'import --from hydra --tenant a hydra.json',
  'revoke --tenant a --all',
  'backup --to backup.tar --plain',
  'token --tenant a --client b',
  'login --tenant a',
  'login --tenant a --client b',
  'explain id',
  'explain --token -',
  'audit list --tenant a',
  'audit verify',
  'audit export --tenant a',
  'openapi',
]

const faulty = ['missing', 'loop', 'below-a-file', 'empty', 'folder', 'bad-yaml', 'bad-value', 'no-text']
let folder: string
let files: string[]

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-faulty-'))
  const at = (name: string) => join(folder, name)
  await mkdir(at('folder'))
  await symlink('loop', at('loop'))
  await Bun.write(at('empty'), '')
  await Bun.write(at('bad-yaml'), 'tenants: [\n')
  await Bun.write(at('bad-value'), 'data_dir: []\nserver: { port: -5 }\ntenants: {}\n')
  await Bun.write(at('no-text'), new Uint8Array([0xff, 0xfe, 0x00]))
  await Bun.write(at('good.yaml'), 'tenants: {}\n')
  await Bun.write(at('hydra.json'), '[{"client_id":"x"}]')
  files = await readdir(folder)
})

afterAll(() => rm(folder, { recursive: true }))

async function run(line: string, name: string) {
  const path = name === 'below-a-file' ? join(folder, 'empty/x') : join(folder, name)
  let [out, err] = ['', '']
  const inFolder = new Set(['good.yaml', 'hydra.json', 'backup.tar'])
  const args = line.split(' ').map((word) => (inFolder.has(word) ? join(folder, word) : word))
  const code = await runCommand({
    ...platform,
    args: args.map((word) => (word === 'FILE' ? path : word)),
    environment: (variable) =>
      ({ GRANTD_CONFIG: path, GRANTD_CLIENT_SECRET: 'x', GRANTD_PORT: '' })[variable],
    readInput: async () => 'x',
    writeOut: (text) => {
      out += text
    },
    writeLine: (text) => {
      out += text
    },
    writeError: (text) => {
      err += text
    },
  })
  return { code, text: out + err }
}

test.each(lines)(
  '%s ends with 78 for a configuration that cannot be used, names it and changes nothing',
  async (line) => {
    for (const name of faulty) {
      const { code, text } = await run(line, name)
      expect([name, code]).toEqual([name, 78])
      expect(text).toContain(join(folder, name === 'below-a-file' ? 'empty/x' : name))
    }
    expect(await readdir(folder)).toEqual(files)
  },
)

test('no word of a command that takes a configuration is left out', async () => {
  const named = (await loadCommands()).flatMap(({ name, options, choices, hasDefault }) => {
    const of = options.filter((option) => option.name === 'config').map((option) => option.of)
    const words = [...(hasDefault || !choices ? [''] : []), ...(choices ?? [])]
    return words
      .filter((word) => of.some((known) => known === undefined || known.includes(word)))
      .map((word) => `${name} ${word}`.trim())
  })
  expect(named.filter((name) => !lines.some((line) => `${line} `.startsWith(`${name} `)))).toEqual([])
})
