import { describe, expect, test } from 'bun:test'
import { execFileSync } from 'node:child_process'
import { mkdir, readdir } from 'node:fs/promises'
import { loadCommands } from '../../src/commands/command-table.ts'
import { hasIpv6 } from '../support/ipv6.ts'
import {
  type Finished,
  programs,
  run,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'

const grantd = programs.executable
const yaml = `server: { host: 127.0.0.1, port: 0 }
tenants:
  acme: { name: Acme, oauth2: {}, signing: { algorithm: ES256 }, clients: { app: { secret: own-secret-1 } } }
`
const commands = await loadCommands()
const needed = ['tenant', 'client', 'client-id'] as const

/** Every option with a value of every command, with words that let the command get as far as to it. */
const options = commands.flatMap((command) =>
  command.options
    .filter(({ value }) => value !== undefined)
    .map((option) => ({
      command: command.name,
      choices: command.choices ?? [],
      name: option.name,
      others: command.options
        .filter((other) => other.value !== undefined && other.name !== option.name)
        .flatMap((other) => (needed.some((each) => each === other.name) ? [`--${other.name}=acme`] : [])),
    })),
)

function expectNoFault({ code, out, err }: Finished, what: string): void {
  expect([what, [0, 1, 2, 78].includes(code)]).toEqual([what, true])
  expect(`${what}: ${out}${err}`).not.toMatch(
    /\n\s+at |uncaught|TypeError|RangeError|ReferenceError|SyntaxError/,
  )
  // What doctor finds is its output.
  const words = what.startsWith('doctor ') ? out + err : err
  if (code !== 0) expect([what, words.trim()]).not.toEqual([what, ''])
}

test('there are many options to try', () => {
  expect(options.length).toBeGreaterThan(40)
})

test.each(options)('$command --$name that is empty is a wrong use, and nothing is done', async (option) => {
  await withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const word = option.choices[0] === undefined ? [] : [option.choices[0]]
    const args = [option.command, ...word, `--${option.name}=`, ...option.others]
    const { code, out, err } = await run(grantd, { folder, args })
    expect([code, out]).toEqual([2, ''])
    expect(err).toStartWith(`grantd: --${option.name} is empty; give it a value, or leave it out\n`)
    expect(await readdir(folder)).toEqual(['config.yaml'])
  })
})

const odd = [' ', '-1', 'a\nb', '$X', '💥', 'x'.repeat(3000), '/proc/nowhere']
const tried = options.filter(({ command }) => command !== 'serve')
test.each(tried)('$command --$name with odd values ends with a word of its own', async (option) => {
  await withFolder(async (folder) => {
    await mkdir(`${folder}/here`)
    await writeConfig(`${folder}/here`, yaml)
    for (const [index, value] of odd.entries()) {
      const word = option.choices[index % Math.max(1, option.choices.length)]
      const words = word === undefined ? [] : [word]
      const args = [option.command, ...words, `--${option.name}=${value}`, ...option.others]
      expectNoFault(await run(grantd, { folder: `${folder}/here`, args, stdin: 'x' }), args.join(' '))
    }
  })
})

type Refusal = readonly [option: string, value: string, code: number, told: string]
const host = (value: string): Refusal => [
  'host',
  value,
  2,
  `The host is '${value}', wanted an address or a host name`,
]
const folderOf = (value: string): Refusal => [
  'data-dir',
  value,
  2,
  `The data folder is '${value}', wanted a path`,
]
const port = (value: string): Refusal => ['port', value, 2, `The port is '${value}', wanted a whole number`]
const workers = (value: string): Refusal => ['workers', value, 2, `The number of workers is '${value}'`]
const refusals: readonly Refusal[] = [
  ...[' ', '0', '*', '127.1', '0x0', '999.1.1.1', 'localhost:3000', 'http://localhost', 'a b'].map(host),
  ...[' ', ' data', '~/data', '$HOME/data', '%APPDATA%'].map(folderOf),
  ...[' ', '-1', '99999', '65536', 'http', '0x10', '1e3', '3000.0', ' 3000', '+1'].map(port),
  ...[' ', '0', '-1', '1e9', '1.5', '257', 'auto2', '99999999999999999999'].map(workers),
  ['config', ' ', 78, 'there is no such file'],
  ['config', 'folder', 78, 'this is not a file'],
  ['config', 'pipe', 78, 'this is not a file'],
  ['config', '/dev/null', 78, 'this is not a file'],
  ['config', '/dev/zero', 78, 'this is not a file'],
  ['data-dir', '/proc/nowhere', 78, 'Cannot create /proc/nowhere: ENOENT; give this user a folder'],
  ['data-dir', '/proc/nowhere/below', 78, 'Cannot create /proc/nowhere'],
  ['data-dir', 'config.yaml', 78, 'config.yaml'],
  ['data-dir', 'config.yaml/below', 78, 'config.yaml'],
  ['data-dir', 'pipe', 78, 'pipe'],
  ['data-dir', '/dev/null', 78, '/dev/null'],
  ['data-dir', 'x'.repeat(300), 78, 'ENAMETOOLONG'],
  ['host', '203.0.113.1', 1, 'Cannot listen on 203.0.113.1:0: EADDRNOTAVAIL'],
  [
    'host',
    'nowhere.invalid',
    1,
    'Cannot listen on nowhere.invalid:0: nowhere.invalid is no name of this machine; choose another address with --host',
  ],
]

async function withOddities(work: (folder: string) => Promise<void>): Promise<void> {
  await withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    await mkdir(`${folder}/folder`)
    execFileSync('mkfifo', [`${folder}/pipe`])
    await work(folder)
  })
}

describe('serve refuses', () => {
  test.each(refusals)('--%s %p with %i', async (option, value, code, told) => {
    await withOddities(async (folder) => {
      const done = await run(grantd, { folder, args: ['serve', `--${option}=${value}`] })
      expectNoFault(done, value)
      expect([done.code, done.out]).toEqual([code, ''])
      expect(done.err).toContain(told)
    })
  })

  test.each(refusals)('the variable of --%s as %p with %i', async (option, value, code, told) => {
    await withOddities(async (folder) => {
      const variable = `GRANTD_${option.toUpperCase().replace('-', '_')}`
      const done = await run(grantd, { folder, env: { [variable]: value } })
      expectNoFault(done, value)
      expect([done.code, done.out]).toEqual([code, ''])
      expect(done.err).toContain(told)
    })
  })

  test.each(['sqlite ', 'mysql://x', 'postgres://', 'postgres://h/\n', ' '])(
    'GRANTD_STORAGE as %p',
    async (value) => {
      await withOddities(async (folder) => {
        const done = await run(grantd, { folder, env: { GRANTD_STORAGE: value } })
        expectNoFault(done, value)
        expect([done.code, done.out]).toEqual([78, ''])
      })
    },
  )

  test.each([' ', 'x', 'a'.repeat(63), '💥', 'A'.repeat(100_000)])(
    'GRANTD_MASTER_KEY as %p, unquoted',
    async (value) => {
      await withOddities(async (folder) => {
        const env = { GRANTD_MASTER_KEY: value, GRANTD_STORAGE: 'postgres://x@127.0.0.1:1/x' }
        const done = await run(grantd, { folder, env })
        expectNoFault(done, 'the master key')
        expect(done.code).toBe(78)
        if (value.trim().length > 1) expect(done.err).not.toContain(value)
      })
    },
  )
})

test('variables that are empty count as not set: what they stand for stays as the file says', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const names = ['CONFIG', 'HOST', 'DATA_DIR', 'WORKERS', 'STORAGE', 'MASTER_KEY', 'URL', 'CLIENT_SECRET']
    const env = Object.fromEntries(names.map((name) => [`GRANTD_${name}`, '']))
    const server = await startServer(grantd, { folder, env: { ...env, GRANTD_PORT: '' } })
    expect(server.output()).toContain('listens on http://127.0.0.1:')
    expect(await readdir(folder)).toContain('data')
    expect(await server.stop()).toBe(0)
  }))

// Skipped where the machine does not speak IPv6.
test.skipIf(!hasIpv6)('an address of IPv6 may be in brackets, and is shown in them once', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const server = await startServer(grantd, { folder, args: ['--host', '[::1]'] })
    expect(server.output()).toContain(`listens on http://[::1]:${server.port}\n`)
    const args = ['healthcheck', '--host', '[::1]', '--port', String(server.port)]
    expect(await run(grantd, { folder, args })).toEqual({ code: 0, out: 'ok\n', err: '' })
    expect(await server.stop()).toBe(0)
  }),
)

test('commands that know the issuer by the port take none that is no port', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    for (const args of [
      ['tenant', 'list'],
      ['revoke', '--tenant', 'acme', '--all'],
    ]) {
      const { code, err } = await run(grantd, { folder, args: [...args, '--port=-1'] })
      expect([code, err.split('\n')[0]]).toEqual([
        2,
        "grantd: The port is '-1', wanted a whole number from 0 to 65535",
      ])
    }
  }))

test('an empty word is a wrong use', () =>
  withFolder(async (folder) => {
    for (const command of ['check', 'init', 'keys', 'decode']) {
      const { code, err } = await run(grantd, { folder, args: [command, ''] })
      expect([code, err.split('\n')[0]]).toEqual([
        2,
        'grantd: One of the words is empty; give it a value, or leave it out',
      ])
    }
    expect(await readdir(folder)).toEqual([])
  }))
