import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

/**
 * A disk that is full, and one that is read-only: a small tmpfs in a mount namespace of the server's own. Wants root, or
 * a kernel that lets users have namespaces; unshare and nsenter are of Debian's util-linux.
 */

const secret = 'svc-secret-of-the-disk-test'
const config = `
data_dir: ./disk/data
tenants:
  acme:
    name: Acme
    oauth2: { audience: [acme-api], scopes: { read: Read } }
    signing: { algorithm: ES256 }
    api_keys: { allowed_scopes: [read], max_per_client: 100000 }
    clients: { svc: { secret: ${secret}, scopes: [read, 'api-keys:manage'] } }
`
const client = { client_id: 'svc', client_secret: secret }
const tenant = '/api/v1/tenant/acme'
const executable = join(import.meta.dir, '../../dist/grantd')

/** grantd with a disk of its own of 4 MB; `shell` runs a command where that disk is seen. */
async function withSmallDisk(
  work: (
    server: Awaited<ReturnType<typeof startServer>>,
    shell: (command: string) => Promise<void>,
  ) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    await writeConfig(folder, config)
    await Bun.$`mkdir ${join(folder, 'disk')}`.quiet()
    const start = 'mount -t tmpfs -o size=4m,mode=700 tmpfs disk && exec "$0"'
    const program = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', start, executable]
    const server = await startServer(program, { folder })
    const shell = async (command: string) => {
      // --wd would name the folder as it is outside.
      const inside = `cd ${folder} && mountpoint -q disk && { ${command}; }`
      await Bun.$`nsenter --mount --target ${server.pid} sh -c ${inside}`.quiet()
    }
    await work(server, shell)
    expect(await server.stop()).toBe(0)
  })
}

test(
  'on a full disk what cannot be written is 503 with Retry-After, what was said stays true, and room mends it',
  () =>
    withSmallDisk(async (server, shell) => {
      const post = (path: string, form: Record<string, string>) =>
        fetch(`${server.url}${path}`, { method: 'POST', body: new URLSearchParams(form) })
      const getToken = async (scope = 'read') => {
        const response = await post(`${tenant}/oauth/token`, {
          ...client,
          grant_type: 'client_credentials',
          scope,
        })
        expect(response.status).toBe(200)
        return (await response.json()).access_token as string
      }
      const statusOf = async (token: string) =>
        (
          await fetch(`${server.url}/api/v1/protected-resource`, {
            headers: { Authorization: `Bearer ${token}` },
          })
        ).status
      const manager = await getToken('read api-keys:manage')
      const create = () =>
        fetch(`${server.url}${tenant}/api-keys/create`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${manager}`, 'Content-Type': 'application/json' },
          body: JSON.stringify({ name: 'x'.repeat(200), scopes: ['read'] }),
        })
      const revoked = await getToken()
      expect((await post(`${tenant}/oauth/revoke`, { ...client, token: revoked })).status).toBe(200)

      await shell('dd if=/dev/zero of=disk/filler bs=4k 2>/dev/null; true')
      // What SQLite had room for already may still be written; then it ends.
      const made: string[] = []
      let refused: Response | undefined
      for (let n = 0; n < 5000 && !refused; n++) {
        const response = await create()
        if (response.status === 201) made.push((await response.json()).api_key)
        else refused = response
      }
      expect(refused?.status).toBe(503)
      expect(refused?.headers.get('retry-after')).toBe('5')
      expect(await refused?.json()).toEqual({
        error: 'temporarily_unavailable',
        error_description: 'The server cannot answer this right now',
      })
      const unlucky = await getToken()
      expect((await post(`${tenant}/oauth/revoke`, { ...client, token: unlucky })).status).toBe(503)
      expect([await statusOf(unlucky), await statusOf(revoked)]).toEqual([200, 401])
      expect((await fetch(`${server.url}${tenant}/.well-known/jwks.json`)).status).toBe(200)
      await waitFor('the log says that the disk is full', () =>
        server.output().includes('database or disk is full; make room on its disk'),
      )

      await shell('rm disk/filler')
      expect((await post(`${tenant}/oauth/revoke`, { ...client, token: unlucky })).status).toBe(200)
      expect(await statusOf(unlucky)).toBe(401)
      expect((await create()).status).toBe(201)
      for (const key of made.slice(-5)) expect(await statusOf(key)).toBe(200)
    }),
  60_000,
)

test(
  'a folder that is read-only ends the start with a line that names it, with a database in it and without',
  () =>
    withFolder(async (folder) => {
      await writeConfig(folder, config)
      await Bun.$`mkdir ${join(folder, 'disk')}`.quiet()
      const readOnly = 'mount --bind disk disk && mount -o remount,bind,ro disk && exec "$0"'
      const program = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', readOnly, executable]
      const withoutAny = await run(program, { folder })
      expect(withoutAny.code).toBe(78)
      expect(withoutAny.err).toContain(join(folder, 'disk/data'))
      const server = await startServer([executable], { folder })
      expect(await server.stop()).toBe(0)
      const withOne = await run(program, { folder })
      expect(withOne.code).toBe(78)
      expect(withOne.err).toContain(join(folder, 'disk/data/grantd.db'))
      // Mended, it starts by itself.
      const again = await startServer([executable], { folder })
      expect(await again.stop()).toBe(0)
    }),
  60_000,
)
