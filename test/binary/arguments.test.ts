import { expect, test } from 'bun:test'
import manifest from '../../package.json' with { type: 'json' }
import { commands } from '../../src/commands/command-table.ts'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const grantd = programs.executable
const yaml = 'tenants:\n  acme: { name: Acme, signing: { algorithm: ES256 } }\n'

test('--version prints the version and the commit that it was built from', () =>
  withFolder(async (folder) => {
    const { code, out } = await run(grantd, { folder, args: ['--version'] })
    expect(code).toBe(0)
    expect(out).toMatch(
      new RegExp(`^grantd ${RegExp.escape(manifest.version)} \\((?:[0-9a-f]{12}|unknown)\\)\n$`),
    )
  }))

test.each([
  [['--prot', '80'], "'--prot'"],
  [['serve', '--port'], '--port'],
  [['--port', 'http'], "The port is 'http', wanted a whole number from 0 to 65535"],
  [['--port', '70000'], "The port is '70000'"],
  [['serve', 'now'], "Unexpected word 'now'; a name or a file comes after its option"],
])('wrong arguments %p end with 2 and usage on standard error', async (args, complaint) => {
  await withFolder(async (folder) => {
    const { code, out, err } = await run(grantd, { folder, args })
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(complaint)
    expect(err).toContain('Usage: grantd serve')
  })
})

test('an unknown command, and an unknown word of one, are told what was meant and where to read more', async () => {
  await withFolder(async (folder) => {
    const errOf = async (...args: string[]) => (await run(grantd, { folder, args })).err
    const overall = 'Usage: grantd [COMMAND] [OPTIONS]\nRun grantd help for more.\n'
    expect(await errOf('surf')).toBe(`grantd: Unknown command 'surf'\n${overall}`)
    expect(await errOf('chek')).toBe(`grantd: Unknown command 'chek'; did you mean check?\n${overall}`)
    expect(await errOf('help', 'tokn')).toBe(
      `grantd: Unknown command 'tokn'; did you mean token?\n${overall}`,
    )
    expect(await errOf('keys', 'lst')).toBe(
      'grantd: keys wants one of list, plan, generate, rotate, export; did you mean list?\n' +
        'Usage: grantd keys [OPTIONS] list|plan|generate|rotate|export\nRun grantd help keys for more.\n',
    )
    expect(await errOf('completion', 'bsh')).toContain('did you mean bash?')
    expect(await errOf('token')).toEndWith('\nRun grantd help token for more.\n')
  })
})

test('the name of each command is suggested for one with a letter too few, too many or another, in any case', async () => {
  await withFolder(async (folder) => {
    for (const { name } of commands)
      for (const typed of [name.slice(1), `${name}s`, `${name.slice(0, -1)}_`, name.toUpperCase()]) {
        if (commands.some((other) => other.name === typed)) continue
        const { code, err } = await run(grantd, { folder, args: [typed] })
        expect([typed, code, err.split('\n')[0]]).toEqual([
          typed,
          2,
          `grantd: Unknown command '${typed}'; did you mean ${name}?`,
        ])
      }
  })
})

test('help helps with itself, takes the word of a command, and no other', async () => {
  await withFolder(async (folder) => {
    const helpOf = async (...args: string[]) => run(grantd, { folder, args: ['help', ...args] })
    const [overview, keys] = [await helpOf(), await helpOf('keys')]
    for (const args of [['help'], ['--help'], ['-h']]) expect(await helpOf(...args)).toEqual(overview)
    for (const args of [
      ['keys', 'list'],
      ['keys', '--help'],
    ])
      expect(await helpOf(...args)).toEqual(keys)
    expect(await helpOf('keys', 'lst')).toMatchObject({ code: 2, out: '' })
    expect((await helpOf('keys', 'list', 'more')).err).toStartWith(
      "grantd: Unexpected word 'more' after help\n",
    )
    expect((await helpOf('--port')).err).toStartWith("grantd: Unknown command '--port'\n")
  })
})

test('an option before the command is told where the command stands', async () => {
  await withFolder(async (folder) => {
    const { code, err } = await run(grantd, { folder, args: ['--config', 'a.yaml', 'keys', 'list'] })
    expect(code).toBe(2)
    expect(err).toStartWith(
      "grantd: Unexpected word 'keys'; the command comes before its options: grantd keys ...\n",
    )
  })
})

test.each(['keys', 'audit', 'client', 'tenant', 'completion'])(
  'a word that every object has is no word of %s',
  async (name) => {
    await withFolder(async (folder) => {
      for (const word of ['constructor', 'toString', '__proto__']) {
        const { code, out, err } = await run(grantd, { folder, args: [name, word] })
        expect([code, out]).toEqual([2, ''])
        expect(err).toStartWith(`grantd: ${name} wants one of `)
      }
    })
  },
)

test('flags win over the environment, and both over the file', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, `server: { host: 127.0.0.1, port: 1 }\n${yaml}`)
    await Bun.write(`${folder}/other.yaml`, yaml.replace('acme', 'other'))
    const server = await startServer(grantd, {
      folder,
      args: ['--config', 'other.yaml', '--host', '127.0.0.1', '--port', '0'],
      env: { GRANTD_CONFIG: 'config.yaml', GRANTD_HOST: '203.0.113.1', GRANTD_PORT: '2' },
    })
    expect((await fetch(`${server.url}/api/v1/tenant/other/strategies`)).status).toBe(200)
    expect(await server.stop()).toBe(0)
  }))

test('.env and bunfig.toml of the folder where it starts change nothing', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    await Bun.write(`${folder}/.env`, 'GRANTD_CONFIG=elsewhere.yaml\n')
    await Bun.write(`${folder}/bunfig.toml`, 'preload = ["./evil.ts"]\n')
    await Bun.write(`${folder}/evil.ts`, 'console.log("evil"); process.exit(66)\n')
    const server = await startServer(grantd, { folder })
    expect(await server.stop()).toBe(0)
    expect(server.output()).not.toContain('evil')
  }))
