import { Database } from 'bun:sqlite'
import { afterAll, beforeAll, expect, test } from 'bun:test'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Command, CommandError } from '../../../src/cli/command.ts'
import { auditCommand } from '../../../src/commands/audit-command.ts'
import { planCommand } from '../../../src/commands/operate/plan-command.ts'
import { reloadCommand } from '../../../src/commands/operate/reload-command.ts'
import { parseArguments } from '../../../src/platform/arguments.ts'
import { bunPlatform } from '../../../src/platform/bun/bun.ts'
import type { Platform } from '../../../src/platform/platform.ts'
import { type Served, startServed } from '../../support/served.ts'
import { waitFor } from '../../support/wait-for.ts'

const platform = bunPlatform()
const secret = 'a-secret-of-the-service-to-plan'
const text = (more = '') =>
  `tenants:\n  acme:\n    name: Acme\n    oauth2: {}\n    signing: { algorithm: ES256 }\n    clients: { svc: { secret: ${secret}, scopes: [] } }\n${more}`

let folder: string
let server: Served | undefined

const write = (name: string, content: string) => writeFile(join(folder, name), content, { mode: 0o600 })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantd-plan-'))
  await write('config.yaml', text())
  server = await startServed(folder)
})

afterAll(async () => {
  await server?.stop()
  await rm(folder, { recursive: true })
})

/** What a command says, and its exit code; a CommandError is what it throws. */
async function run(command: Command, ...given: (string | Partial<Platform>)[]) {
  const words = given.filter((each) => typeof each === 'string')
  const others = given.filter((each) => typeof each !== 'string')
  let out = ''
  let err = ''
  const types = Object.fromEntries(
    command.options.map(({ name, value }) => [name, value ? 'string' : 'boolean'] as const),
  )
  const args = parseArguments(words, { types })
  const code = await command.run(args, {
    ...Object.assign({}, platform, ...others),
    isTerminal: false,
    environment: (name) => (name === 'GRANTD_CONFIG' ? join(folder, 'config.yaml') : undefined),
    writeOut: (part) => {
      out += part
    },
    writeOutPaced: async (part) => {
      out += part
      return true
    },
    writeError: (part) => {
      err += part.replaceAll(`${folder}/`, '')
    },
  })
  return { code, out, err }
}

test('plan says that nothing changes, what changes of another file, and a fault with its place', async () => {
  expect(await run(planCommand)).toEqual({ code: 0, out: 'Nothing changes.\n', err: '' })
  const other = join(folder, 'other.yaml')
  await write(
    'other.yaml',
    text('  beta: { name: Beta }\n').replace(secret, 'b-secret-of-the-service-to-plan'),
  )
  const { code, out } = await run(planCommand, other)
  expect([code, out]).toEqual([
    2,
    [
      '~ client acme/svc changed',
      '    secret_hash changes',
      '    => its old secret is wrong from then on',
      '+ tenant beta added',
      '',
      '2 changes. Tenants and clients that were made by the admin API or by commands stay as they are.',
      '',
    ].join('\n'),
  ])
  const json = JSON.parse((await run(planCommand, other, '--json')).out)
  expect(json).toMatchObject({ isTaken: true, changes: [{ what: 'client' }, { what: 'tenant' }], fixed: [] })
  await write('other.yaml', text('  beta: { nam: Beta }\n'))
  const faulty = await run(planCommand, other)
  expect(faulty.code).toBe(78)
  expect(faulty.err).toContain('other.yaml:7:11: tenants.beta.nam is not a known key')
  const gone = await run(planCommand, join(folder, 'gone.yaml'))
  expect([gone.code, gone.err]).toEqual([
    78,
    'gone.yaml: there is no such file; write one with grantd init, or name another with --config PATH\n',
  ])
  // It changed nothing.
  expect(await run(planCommand)).toMatchObject({ code: 0 })
})

test('plan --against compares two files without a server', async () => {
  await write('a.yaml', text())
  await write('b.yaml', `server: { port: 1 }\n${text()}`)
  const { code, out } = await run(planCommand, join(folder, 'b.yaml'), '--against', join(folder, 'a.yaml'))
  expect(code).toBe(2)
  expect(out).toStartWith('! server.port changes only at a restart\n\n1 change.')
  await write('b.yaml', `server: { idle_timeout: 20s }\nlimits: { failures_per_client: 7 }\n${text()}`)
  const both = await run(planCommand, join(folder, 'b.yaml'), '--against', join(folder, 'a.yaml'))
  expect(both.out).toStartWith(
    [
      '~ server changed',
      '    limits.failures_per_client: 100 -> 7',
      '! server.idle_timeout changes at a restart, and at a reload of a server with workers',
      '',
      '2 changes.',
    ].join('\n'),
  )
})

test('reload says that the configuration is in force, or the fault with its place', async () => {
  expect(await run(reloadCommand)).toEqual({ code: 0, out: 'ok: the configuration is in force\n', err: '' })
  await write('config.yaml', `server: { host: 127.0.0.2 }\n${text()}`)
  expect((await run(reloadCommand)).err).toBe(
    'warning: server.host is as before until a restart: a reload cannot change it\n',
  )
  await write('config.yaml', 'tenants: [\n')
  const faulty = await run(reloadCommand)
  expect(faulty.code).toBe(78)
  expect(faulty.err).toMatch(
    /^config\.yaml:\d:\d: the file is not valid YAML: .*\nThe reload failed, the old configuration stays in force\n$/,
  )
  expect(JSON.parse((await run(reloadCommand, '--json')).out)).toMatchObject([{ reload: { isTaken: false } }])
  await write('config.yaml', text())
  await expect(run(reloadCommand, '--restart-workers')).rejects.toThrow(
    'The server has no workers to replace',
  )
})

test('a reload changes what the audit trail skips', async () => {
  const ask = async (clientSecret: string) => {
    const form = { grant_type: 'client_credentials', client_id: 'svc', client_secret: clientSecret }
    const body = new URLSearchParams(form)
    return (await fetch(`${server?.url}/api/v1/tenant/acme/oauth/token`, { method: 'POST', body })).status
  }
  // The command throws while there is no trail.
  const trail = () =>
    run(auditCommand, 'list', '--tenant', 'acme').then(
      ({ out }) => out,
      () => '',
    )
  await write('config.yaml', `audit: { skip: [token.issued] }\n${text()}`)
  expect(await run(planCommand)).toMatchObject({ out: expect.stringContaining('audit.skip: +token.issued') })
  await run(reloadCommand)
  expect([await ask(secret), await ask('wrong')]).toEqual([200, 401])
  await waitFor('the refusal is in it', async () => (await trail()).includes('token.refused'))
  expect(await trail()).not.toContain('token.issued')
  await write('config.yaml', text())
  await run(reloadCommand)
  expect(await ask(secret)).toBe(200)
  await waitFor('the token is in it', async () => (await trail()).includes('token.issued'))
})

test('a reload changes for how long refusals are kept', async () => {
  await write('config.yaml', text('refusals: { retain: 60s }\n'))
  expect(await run(planCommand)).toMatchObject({ out: expect.stringMatching(/refusals\.retain.*1h.*1m/) })
  await run(reloadCommand)
  const answer = await fetch(`${server?.url}/api/v1/tenant/acme/oauth/token`, { method: 'POST' })
  const life = () => {
    using database = new Database(join(folder, 'data/grantd.db'), { readonly: true })
    return database
      .query<{ life: number }, [string | null]>(
        "select expires_at - json_extract(value, '$.at') as life from grantd_records where kind = 'refusal' and parent = ?",
      )
      .get(answer.headers.get('X-Request-Id'))?.life
  }
  await waitFor('the refusal is kept', () => life() !== undefined)
  expect(life()).toBe(60_000)
})

test('without a running server both say where they looked, and a socket of a killed server is no server', async () => {
  await server?.stop()
  server = undefined
  const wanted = `Cannot find a running server: none listens in ${join(folder, 'data/control')}`
  const where = 'name its configuration with --config or its folder with --data-dir'
  // SIGHUP would put the file in force.
  const withoutOne = `${wanted}; ${where}. Without a server, grantd check looks at the file`
  await expect(run(planCommand)).rejects.toThrow(new CommandError(withoutOne))
  await expect(run(reloadCommand)).rejects.toThrow(new CommandError(`${wanted}; ${where}, or send it SIGHUP`))
  const { localSockets, files } = platform
  await files.makePrivateFolder(join(folder, 'data/control'))
  const left = Bun.listen({ unix: join(folder, 'data/control/1-dead.sock'), socket: { data() {} } })
  left.stop(true)
  await expect(run(reloadCommand)).rejects.toThrow(wanted)
  expect(await localSockets.ask(join(folder, 'data/control/none.sock'), '{}', 5000)).toBeUndefined()
})

test('a server that stands still, from the start or after its hello, is told with the next step', async () => {
  const { localSockets, files } = platform
  const path = join(folder, 'data/control/1-still.sock')
  await files.makePrivateFolder(join(folder, 'data/control'))
  for (const [helloes, seconds] of [
    [false, 30],
    [true, 600],
  ] as const) {
    const isAnswered = (message: string) => helloes && message.includes('hello')
    // Impatient only where no answer will come.
    const impatient = {
      ...localSockets,
      ask: (path: string, message: string) =>
        localSockets.ask(path, message, isAnswered(message) ? 60_000 : 50),
    }
    const still = await localSockets.serve(path, async (message) =>
      isAnswered(message) ? '{"hello":{}}' : new Promise<string>(() => {}),
    )
    try {
      await expect(run(reloadCommand, { localSockets: impatient })).rejects.toThrow(
        `The server at ${path} gives no answer for ${seconds} seconds: it stands still, or is stopped; grantd doctor`,
      )
    } finally {
      await still.close()
    }
  }
})

test('a server of another version, and one that ends in the middle of its answer, are told in words', async () => {
  const path = join(folder, 'data/control/1-other.sock')
  await platform.files.makePrivateFolder(join(folder, 'data/control'))
  let answer = ''
  const other = await platform.localSockets.serve(path, async (message) =>
    message.includes('"hello"') ? '{"hello":{"version":"0.0.9","pid":1}}' : answer,
  )
  const says = async (command: Command, text: string, words: string) => {
    answer = text
    await expect(run(command, '--json')).rejects.toThrow(`The server at ${path} ${words}`)
  }
  try {
    for (const command of [planCommand, reloadCommand]) {
      for (const text of ['', 'null', '[]', '{"plan":{"isTak'])
        await says(command, text, 'broke its answer off; it ended meanwhile, or is no grantd')
      await says(
        command,
        '{"error":"this server does not know it"}',
        'cannot do it: this server does not know it',
      )
    }
    const strange = 'gave an answer that this command does not understand, because it is of another version'
    const changes = '[{"what":"tenant","change":"changed","tenant":"a"}]'
    for (const text of ['{}', '{"plan":{}}', `{"plan":{"isTaken":true,"fixed":[],"changes":${changes}}}`])
      await says(planCommand, text, strange)
    await says(reloadCommand, '{"reload":{"isTaken":true,"fixed":[]}}', strange)
    await says(reloadCommand, '{"reload":{"isTaken":false}}', strange)
  } finally {
    await other.close()
  }
})
