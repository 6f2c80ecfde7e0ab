import { expect, test } from 'bun:test'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'

const yaml = `
tenants:
  acme:
    name: Acme
    oauth2: {}
    signing: { algorithm: ES256 }
    clients: { svc: { secret: svc-secret-of-the-backup } }
`

test('a backup that Deno made while a server runs is restored under Deno, with the keys', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    await chmod(join(folder, 'config.yaml'), 0o600)
    await writeFile(join(folder, 'words'), 'correct horse battery staple\n', { mode: 0o600 })
    const keysOf = (url: string) =>
      fetch(`${url}/api/v1/tenant/acme/.well-known/jwks.json`).then((answer) => answer.json())
    const words = ['--passphrase-file', 'words']
    const server = await startServer(programs.deno, { folder })
    const keys = await keysOf(server.url)
    const made = await run(programs.deno, { folder, args: ['backup', '--to', 'b.age', ...words] })
    expect([made.code, made.err]).toEqual([0, ''])
    expect(await server.stop()).toBe(0)
    const restored = await run(programs.deno, {
      folder,
      args: ['restore', 'b.age', '--into', 'other', ...words],
    })
    expect([restored.code, restored.err]).toEqual([0, ''])
    const again = await startServer(programs.deno, { folder, args: ['--data-dir', 'other'] })
    expect(await keysOf(again.url)).toEqual(keys)
    expect(await again.stop()).toBe(0)
  }))
