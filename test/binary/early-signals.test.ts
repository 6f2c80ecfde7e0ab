import { expect, test } from 'bun:test'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { programs, withFolder, writeConfig } from '../support/spawn-server.ts'

/** Starts a server whose database is reached and does not answer, and does something in this moment. Returns how the server ended. */
const meet = (args: readonly string[], work: (child: Bun.Subprocess, closeDatabase: () => void) => void) =>
  withFolder(async (folder) => {
    const database = createServer()
    const reached = once(database, 'connection')
    await once(database.listen(0, '127.0.0.1'), 'listening')
    const { port } = database.address() as AddressInfo
    await writeConfig(
      folder,
      `storage: postgres://a@127.0.0.1:${port}/a\ntenants: { acme: { name: A, signing: { algorithm: ES256 } } }\n`,
    )
    const child = Bun.spawn([...programs.executable, 'serve', '--port', '0', ...args], {
      cwd: folder,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        GRANTD_MASTER_KEY: Buffer.alloc(32, 1).toString('base64'),
      },
      stdin: 'ignore',
      stdout: 'ignore',
      stderr: 'pipe',
    })
    const [socket] = await reached
    work(child, () => {
      socket.destroy()
      database.close()
    })
    const [code, err] = await Promise.all([child.exited, new Response(child.stderr).text()])
    database.close()
    return { code, signal: child.signalCode, err }
  })

test.each([
  ['SIGTERM', []],
  ['SIGINT', []],
  ['SIGTERM', ['--workers', '2']],
] as const)('%s while the database is opened ends the server with 0: %j', async (signal, args) => {
  expect(await meet(args, (child) => child.kill(signal))).toMatchObject({ code: 0, signal: null })
})

test.each([[[]], [['--workers', '2']]])(
  'no order to reload, and no signal that means nothing, ends a server that starts: %j',
  async (args) => {
    const end = await meet(args, (child, closeDatabase) => {
      for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) child.kill(signal)
      closeDatabase()
    })
    expect(end).toMatchObject({ code: 1, signal: null })
    expect(end.err).toContain('Cannot use the Postgres database')
  },
)

test('other commands end by a signal as programs do', () =>
  withFolder(async (folder) => {
    const child = Bun.spawn([...programs.executable, 'decode', '-'], {
      cwd: folder,
      stdin: 'pipe',
      stdout: 'ignore',
      stderr: 'ignore',
    })
    child.kill('SIGTERM')
    await child.exited
    expect(child.signalCode).toBe('SIGTERM')
  }))
