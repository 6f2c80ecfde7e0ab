import { Database } from 'bun:sqlite'
import { expect, test } from 'bun:test'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { chmod, chown, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { programs, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const [grantd = ''] = programs.executable
const yaml = 'tenants: { acme: { name: A, signing: { algorithm: ES256 } } }\n'
const service = 65532
const stranger = 1000
const processes = [[[]], [['--workers', '2']]] as const

/** Other users are real ones, and only root can be them. */
const asRoot = test.skipIf(process.getuid?.() !== 0)

/** How a start by another user ends, and the line that says why. */
async function startAs(uid: number, folder: string, args: readonly string[], port = 0) {
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder }
  const words = ['serve', '--host', '127.0.0.1', '--port', String(port), ...args]
  const child = spawn(grantd, words, { cwd: folder, env, uid, gid: uid, stdio: ['ignore', 'ignore', 'pipe'] })
  const [err, [code]] = await Promise.all([text(child.stderr), once(child, 'close')])
  return { code, err: err.replaceAll(folder, '') }
}

/** A folder of the service with a config.yaml that it can read. */
const withOwn = (work: (folder: string) => Promise<void>) =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    await chown(folder, service, service)
    await chown(join(folder, 'config.yaml'), service, service)
    await work(folder)
  })

const way = 'give this user a folder that it can write, with data_dir\n'

asRoot.each(processes)('a data_dir of another user is told with the next step: %j', (args) =>
  withOwn(async (folder) => {
    await mkdir(join(folder, 'data'), { mode: 0o700 })
    expect(await startAs(service, folder, args)).toEqual({
      code: 78,
      err: `Cannot open the database /data/grantd.db: Cannot list /data: EACCES; ${way}`,
    })
    await chmod(join(folder, 'data'), 0o755)
    expect(await startAs(service, folder, args)).toEqual({
      code: 78,
      err: `Cannot open the database /data/grantd.db: Cannot write /data/grantd.db: EACCES; ${way}`,
    })
  }),
)

asRoot.each(processes)('a database of another user is told with the next step: %j', (args) =>
  withOwn(async (folder) => {
    expect(await (await startServer([grantd], { folder })).stop()).toBe(0)
    // Files that root makes in the folder of somebody are theirs.
    await chown(join(folder, 'data/grantd.db'), stranger, stranger)
    const { code, err } = await startAs(service, folder, args)
    expect(code).toBe(78)
    expect(err).toContain(
      'Cannot use the database /data/grantd.db: unable to open database file; give this user write access to the file and to its folder',
    )
  }),
)

/** Ports below this one are for root alone. */
function findFirstFreePort(): number {
  try {
    return Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'))
  } catch {
    return 1024
  }
}

asRoot.skipIf(findFirstFreePort() < 2).each(processes)(
  'a port for root alone is told with the next step: %j',
  (args) =>
    withOwn(async (folder) => {
      expect(await startAs(service, folder, args, 1)).toEqual({
        code: 1,
        err: 'grantd: Cannot listen on 127.0.0.1:1: not allowed for this user; choose a port from 1024 up with --port\n',
      })
    }),
)

test.each(processes)('a database that another process holds is told with the next step: %j', (args) =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    expect(await (await startServer([grantd], { folder })).stop()).toBe(0)
    const other = new Database(join(folder, 'data/grantd.db'))
    other.run('pragma locking_mode = exclusive')
    other.run('begin exclusive')
    other.run('update grantd_records set version = version')
    const { code, err } = await startAs(process.getuid?.() ?? 0, folder, args)
    other.close()
    expect(code).toBe(1)
    expect(err).toBe(
      'grantd: Cannot use the database /data/grantd.db: database is locked; another process holds it for longer than it may; end that one, such as a shell or a backup\n',
    )
  }),
)
