import { expect, setDefaultTimeout, test } from 'bun:test'
import { chmod, readdir, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import * as jose from 'jose'
import { ecPair, pkcs8 } from '../support/signing.ts'
import {
  type Finished,
  type RunningServer,
  run,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

setDefaultTimeout(60_000)

const grantd = [process.execPath, resolve(import.meta.dir, '../../src/main.ts')]

const yaml = `
tenants:
  acme:
    name: Acme
    oauth2: { scopes: { read: R } }
    signing: { algorithm: ES256, rotate_every: 90d }
    clients: { app: { secret: own-secret-1, scopes: [read] } }
`

interface Shell {
  readonly folder: string
  keys(...args: string[]): Promise<Finished>
}

function withShell(work: (shell: Shell) => Promise<void>, config = yaml): Promise<void> {
  return withFolder(async (folder) => {
    await writeConfig(folder, config)
    await work({ folder, keys: (...args) => run(grantd, { folder, args: ['keys', ...args] }) })
  })
}

async function planOf({ keys }: Shell) {
  const [plan] = JSON.parse((await keys('plan', '--json', '--tenant', 'acme')).out)
  return plan
}

test('plan and list make neither a key nor a database', () =>
  withShell(async ({ keys, folder }) => {
    expect((await keys('plan')).out).toBe(
      'acme\n  no key yet; made at the first start, or by: grantd keys generate\n',
    )
    expect((await keys('list')).out).toContain('acme  missing  ES256')
    expect(await readdir(folder)).not.toContain('data')
  }))

test('rotate makes the next key, plan tells when it signs, rotate --now does not wait', () =>
  withShell(async (shell) => {
    const { keys } = shell
    await keys('generate')
    const [first] = (await planOf(shell)).keys
    const day = 86_400_000
    const steps = (await planOf(shell)).steps.map(({ at, step }: { at: string; step: string }) => [
      step,
      Date.parse(at) - Date.parse(first.activated_at),
    ])
    expect(steps).toEqual([
      ['create', 90 * day - 600_000],
      ['activate', 90 * day],
      ['remove', 91 * day + 3_600_000],
    ])
    const made = await keys('rotate')
    expect(made.out).toMatch(
      /^acme {2}[\w-]{43} {2}is the next key; a running server lets it sign from \S+Z on\n$/,
    )
    expect((await keys('rotate')).out).toContain(
      'is the next key already; a running server lets it sign from',
    )
    const { keys: both } = await planOf(shell)
    expect(both.map(({ state }: { state: string }) => state)).toEqual(['active', 'next'])
    expect((await keys('rotate', '--now')).out).toContain(
      'which is less than a minute; --force rotates all the same',
    )
    expect((await keys('rotate', '--now', '--force')).out).toBe(`acme  ${both[1].kid}  signs now\n`)
    const text = (await keys('plan')).out
    expect(text).toContain(`  active    ${both[1].kid}  ES256  signs since `)
    expect(text).toContain(`  retiring  ${first.kid}  ES256  signed until `)
    expect(text).toMatch(new RegExp(`Z {2}the private half of ${first.kid} is destroyed\n`))
    expect(text).toMatch(new RegExp(`Z {2}${first.kid} leaves the JWK Set\n`))
    expect((await keys('list')).out.split('\n')).toHaveLength(3)
    const exported = JSON.parse((await keys('export', '--public')).out)
    expect(exported.keys.map(({ kid }: { kid: string }) => kid)).toEqual([both[1].kid, first.kid])
    expect((await keys('list')).code).toBe(0)
    expect((await run(grantd, { folder: shell.folder, args: ['check'] })).code).toBe(0)
  }))

test('wrong options are refused with the next step', () =>
  withShell(async ({ keys }) => {
    expect(await keys('rotate', '--force')).toMatchObject({ code: 2 })
    expect((await keys('rotate', '--drop-old')).err).toContain('--force and --drop-old go with rotate --now')
    expect((await keys('rotate', '--now', '--drop-old')).err).toContain(
      'keys rotate --drop-old wants one tenant: name it with --tenant ID',
    )
    expect((await keys('rotate', '--tenant', 'z')).err).toBe(
      "grantd: There is no tenant 'z'; grantd keys list names them\n",
    )
  }))

test('a key of the operator is not rotated', () =>
  withShell(async ({ keys, folder }) => {
    const file = join(folder, 'own.pem')
    await Bun.write(file, pkcs8(ecPair().privateKey))
    await chmod(file, 0o600)
    const refused = await keys('rotate', '--tenant', 'acme')
    expect(refused).toMatchObject({ code: 1 })
    expect(refused.err).toContain("The key of tenant 'acme' is yours (")
    expect((await keys('plan')).out).toContain('its key is private_key_file, which grantd does not replace')
  }, 'tenants:\n  acme: { name: A, signing: { algorithm: ES256, private_key_file: own.pem } }\n'))

test('with Postgres and no master key nothing starts, and the message says how to make one', () =>
  withShell(async ({ folder }) => {
    const started = await run(grantd, { folder, args: ['check'] })
    expect(started.code).toBe(78)
    expect(started.err).toContain(
      'no master key is given in GRANTD_MASTER_KEY or master_key_file; make one with',
    )
  }, `storage: postgres://nobody@127.0.0.1:1/none\n${yaml}`))

async function getToken({ url }: RunningServer): Promise<string> {
  const response = await fetch(`${url}/api/v1/tenant/acme/oauth/token`, {
    method: 'POST',
    headers: { Authorization: `Basic ${btoa('app:own-secret-1')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials' }),
  })
  expect(response.status).toBe(200)
  return (await response.json()).access_token
}

async function getKids({ url }: RunningServer): Promise<string[]> {
  const response = await fetch(`${url}/api/v1/tenant/acme/.well-known/jwks.json`)
  return (await response.json()).keys.map(({ kid }: { kid: string }) => kid)
}

test('a running server takes over what keys rotate does, and no request fails', () =>
  withShell(async ({ keys, folder }) => {
    const server = await startServer(grantd, { folder })
    const old = await getToken(server)
    let isDone = false
    let requests = 0
    const load = (async () => {
      while (!isDone) {
        const token = await getToken(server)
        const headers = { Authorization: `Bearer ${token}` }
        expect((await fetch(`${server.url}/api/v1/protected-resource`, { headers })).status).toBe(200)
        requests++
      }
    })()
    const { out } = await keys('rotate', '--now', '--force')
    const kid = /^acme {2}(\S+) {2}signs now/.exec(out)?.[1] ?? ''
    await waitFor('it publishes the new key first', async () => (await getKids(server))[0] === kid)
    expect(jose.decodeProtectedHeader(await getToken(server)).kid).toBe(kid)
    isDone = true
    await load
    expect(requests).toBeGreaterThan(10)
    const headers = { Authorization: `Bearer ${old}` }
    expect((await fetch(`${server.url}/api/v1/protected-resource`, { headers })).status).toBe(200)
    expect(await server.stop()).toBe(0)
  }))

test('generate that fails at one tenant prints the keys that it made before, and goes on from there the next time', () =>
  withShell(async ({ keys, folder }) => {
    await Bun.write(join(folder, 'data/keys/beta'), 'in the way')
    const failed = await keys('generate', '--json')
    expect(failed.code).not.toBe(0)
    expect(failed.err).toContain('data/keys/beta')
    const [made, ...more] = JSON.parse(failed.out)
    expect([made, more]).toEqual([expect.objectContaining({ tenant: 'acme', generated: true }), []])
    await rm(join(folder, 'data/keys/beta'))
    const done = JSON.parse((await keys('generate', '--json')).out)
    expect(done).toEqual([
      { ...made, generated: false },
      expect.objectContaining({ tenant: 'beta', generated: true }),
    ])
  }, `${yaml}  beta: { name: Beta, oauth2: {}, signing: { algorithm: ES256 } }\n`))
