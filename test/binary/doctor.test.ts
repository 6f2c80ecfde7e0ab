import { expect, test } from 'bun:test'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

const yaml =
  'tenants: { acme: { name: Acme, oauth2: {}, signing: { algorithm: ES256 }, clients: { svc: { secret: a-secret-for-the-doctor-to-see } } } }\n'

test('the executable looks at a server that runs, by words and without a secret', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    const server = await startServer(programs.executable, { folder, args: ['serve'] })
    // The port is open a moment before the socket by which doctor finds the server.
    const control = join(folder, 'data/control')
    await waitFor('doctor can find the server', () => existsSync(control) && readdirSync(control).length > 0)
    const args = ['doctor', '--port', String(server.port)]
    const found = await run(programs.executable, { folder, args })
    expect(found.out).toMatch(
      new RegExp(`^ok +server +the server \\(process ${server.pid}\\) is grantd `, 'm'),
    )
    expect(found.out).toMatch(/^ok +storage .*^ok +keys .*^ok +issuers .*^ok +descriptors /ms)
    expect([found.code, found.err.includes('a-secret-for')]).toEqual([0, false])
    expect(found.out).not.toContain('a-secret-for')
    await server.stop()
    expect((await run(programs.executable, { folder, args: ['doctor'] })).out).toContain(
      'no running server was found',
    )
  }))
