import { expect, test } from 'bun:test'
import { generateKeyPairSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../../src/commands/run.ts'
import { bunPlatform } from '../../../src/platform/bun/bun.ts'
import { startServed } from '../../support/served.ts'
import { withTempFolder } from '../../support/temp-folder.ts'
import { waitFor } from '../../support/wait-for.ts'

const secret = 'a-secret-of-a-tenant-made-later'

/** The tenant `later` has a key that is in no backup, because it belongs to the operator. */
const render = (later: boolean) => `
server: { public_url: "http://localhost:9" }
tenants:
  first: { name: First, oauth2: {} }
  ${
    later
      ? `later:
    name: Later
    oauth2: {}
    signing: { algorithm: ES256, private_key_file: own.pem }
    clients: { svc: { secret: ${secret} } }`
      : ''
  }
`

async function askToken(url: string): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: 'svc',
    client_secret: secret,
  })
  const response = await fetch(`${url}/api/v1/tenant/later/oauth/token`, { method: 'POST', body })
  return (await response.json()).access_token
}

async function statusOf(url: string, token: string): Promise<number> {
  const headers = { Authorization: `Bearer ${token}` }
  return (await fetch(`${url}/api/v1/protected-resource`, { headers })).status
}

async function grantd(...args: string[]): Promise<void> {
  let err = ''
  const code = await runCommand({
    ...bunPlatform(),
    args,
    environment: () => undefined,
    writeOut: () => {},
    writeError: (text) => {
      err += text
    },
  })
  expect([code, err]).toEqual([0, ''])
}

test('nothing comes alive that was revoked at a tenant which is younger than the backup', () =>
  withTempFolder(async (folder) => {
    const [config, key, backup] = ['config.yaml', 'own.pem', 'b.tar'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ]
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    await writeFile(key, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
    await writeFile(config, render(false))
    const before = await startServed(folder)
    await grantd('backup', '--config', config, '--to', backup, '--plain')
    await writeFile(config, render(true))
    expect(await before.ask({ command: 'reload' })).toMatchObject({ reload: { isTaken: true } })
    const token = await askToken(before.url)
    expect(await statusOf(before.url, token)).toBe(200)
    await grantd('revoke', '--config', config, '--tenant', 'later', '--all')
    expect(await statusOf(before.url, token)).toBe(401)
    await before.stop()
    await grantd('restore', backup, '--into', join(folder, 'data'), '--force')

    // It comes with the start; and with a reload, after the command that ends what a restore kept.
    await writeFile(config, render(true))
    const after = await startServed(folder)
    expect(await statusOf(after.url, token)).toBe(401)
    await waitFor('a new token is good, a second later at most', async () => {
      return (await statusOf(after.url, await askToken(after.url))) === 200
    })
    await after.stop()
    await grantd('restore', backup, '--into', join(folder, 'data'), '--force', '--keep-tokens')
    await writeFile(config, render(false))
    const now = new Date().toISOString()
    await grantd('revoke', '--config', config, '--all-tenants', '--issued-before', now)
    const third = await startServed(folder)
    await writeFile(config, render(true))
    expect(await third.ask({ command: 'reload' })).toMatchObject({ reload: { isTaken: true } })
    expect(await statusOf(third.url, token)).toBe(401)
    await third.stop()
  }))
