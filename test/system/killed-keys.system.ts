import { expect, test } from 'bun:test'
import { cp, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { filesBelow } from '../support/signing.ts'
import { programs, run, withFolder, writeConfig } from '../support/spawn-server.ts'

/**
 * The executable is killed at every call of the system that it makes while it changes keys: strace (Debian's package) kills it at the
 * n-th call of each sort of each thread, for every n that there is. What comes after it must find its way.
 */

const [grantd = ''] = programs.executable
const config = `data_dir: ./data
tenants:
  acme: { name: A, oauth2: {}, signing: { algorithm: ES256 } }
`

/**
 * Calls that change what is on the disk. The process is killed when the call is made, before it learns of it; so one that opens a new
 * file is cut by the fchmod that follows.
 */
const calls = ['link', 'unlink', 'unlinkat', 'rmdir', 'mkdir', 'fchmod', 'fsync', 'pwrite64', 'write']

/** Seconds of one story; with more of them every call has its turn, on a slow machine too. */
const longest = Number(process.env['GRANTD_KILL_SECONDS'] ?? 15)
const fewest = 6

interface Story {
  readonly what: string
  /** Commands that make what is there before. */
  readonly before: readonly string[]
  readonly command: string
  /** Commands of whoever comes after. */
  readonly after: readonly string[]
  readonly tenants: readonly string[]
}

const stories: readonly Story[] = [
  {
    what: 'a first start',
    before: [],
    command: 'keys generate',
    after: ['keys generate'],
    tenants: ['acme'],
  },
  {
    what: 'a rotation',
    before: ['keys generate'],
    command: 'keys rotate --now --force',
    after: ['keys generate'],
    tenants: ['acme'],
  },
  {
    what: 'a rotation that drops the old key',
    before: ['keys generate'],
    command: 'keys rotate --now --force --drop-old --tenant acme',
    after: ['keys rotate'],
    tenants: ['acme'],
  },
  {
    what: 'a deletion of a tenant',
    before: ['tenant add --tenant gone', 'keys generate', 'tenant disable --tenant gone'],
    command: 'tenant remove --tenant gone',
    after: ['tenant remove --tenant gone', 'tenant add --tenant gone', 'keys generate'],
    tenants: ['acme', 'gone'],
  },
]

const inFolder = (folder: string, command: string) =>
  run(programs.executable, { folder, args: [...command.split(' '), '--config', 'config.yaml'] })

async function succeed(folder: string, commands: readonly string[]): Promise<void> {
  for (const command of commands) expect(await inFolder(folder, command)).toMatchObject({ code: 0 })
}

/** Every key can be had, and no other file is in the folders of the keys. */
async function expectWhole(folder: string, tenants: readonly string[]): Promise<void> {
  const { out } = await inFolder(folder, 'keys list --json')
  const rows: { tenant: string; state: string; file?: string }[] = JSON.parse(out)
  expect([...new Set(rows.map(({ tenant }) => tenant))].toSorted()).toEqual([...tenants])
  expect(rows.filter(({ state }) => state !== 'ok')).toEqual([])
  const files = (await filesBelow(join(folder, 'data/keys'))).map((file) => join(folder, 'data/keys', file))
  expect(files).toEqual(rows.flatMap(({ file }) => file ?? []).toSorted())
}

/** Answers whether the command was killed. */
async function runKilled(folder: string, command: string, [call, n]: [string, number]): Promise<boolean> {
  const inject = `inject=${call}:signal=KILL:when=${n}`
  const traced = ['strace', '-f', '-qqq', '-o', '/dev/null', '-e', `trace=${call}`, '-e', inject, grantd]
  const { code } = await run(traced, { folder, args: [...command.split(' '), '--config', 'config.yaml'] })
  return code !== 0
}

test.each(stories.map((story) => [story.what, story] as const))(
  '%s that is killed at any call of the system leaves nothing that the next one does not clear',
  (what, { before, command, after, tenants }) =>
    withFolder(async (folder) => {
      const prepared = join(folder, 'prepared')
      await mkdir(join(prepared, 'data'), { recursive: true, mode: 0o700 })
      await writeConfig(prepared, config)
      await succeed(prepared, before)
      let kills = 0
      // Time is the subject: there are as many kills as fit into it, and some on the slowest machine.
      const end = performance.now() + longest * 1000
      // Time is the subject: see above.
      const isOver = () => kills >= fewest && performance.now() > end
      for (const call of calls) {
        for (let n = 1; !isOver(); n++) {
          const copy = join(folder, `${call}-${n}`)
          await cp(prepared, copy, { recursive: true })
          if (!(await runKilled(copy, command, [call, n]))) break
          kills++
          for (const each of after) {
            const { code, err } = await inFolder(copy, each)
            // The deletion may have been done before it was killed.
            if (code !== 0) expect(err).toContain("There is no tenant 'gone'")
          }
          await expectWhole(copy, tenants)
        }
      }
      console.log(`  ${what}: killed ${kills} times`)
      expect(kills).toBeGreaterThanOrEqual(fewest)
    }),
  longest * 1000 + 60_000,
)

test('each rotation on a full disk leaves the folder of the keys as it was', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, config)
    await mkdir(join(folder, 'data/keys'), { recursive: true, mode: 0o700 })
    // The database has room: it is the file of the key that finds none.
    const script = `mount -t tmpfs -o size=1m,mode=700 tmpfs data/keys && cd "$1" &&
      "$0" keys generate >&2 && ls -A data/keys/acme > before &&
      { dd if=/dev/zero of=data/keys/filler bs=4k 2>/dev/null; true; } &&
      for round in 1 2 3; do "$0" keys rotate --now --force; echo "code $?"; done &&
      ls -A data/keys/acme > full && rm data/keys/filler &&
      "$0" keys rotate --now --force && ls -A data/keys/acme > after`
    const program = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', script, grantd, folder]
    const { code, out, err } = await run(program, { folder })
    expect({ code, codes: out.match(/code \d+/g) }).toEqual({
      code: 0,
      codes: ['code 78', 'code 78', 'code 78'],
    })
    expect(err).toContain('ENOSPC; make room on the disk')
    const names = async (name: string) => (await Bun.file(join(folder, name)).text()).trim().split('\n')
    expect(await names('full')).toEqual(await names('before'))
    expect(await names('after')).toHaveLength(2)
  }))
