import { expect, test } from 'bun:test'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { programs, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { waitFor } from '../support/wait-for.ts'

const rate = 80
const yaml = `
limits: { tokens_per_minute_per_client: ${rate}, refusal_delay: 0 }
tenants:
  acme:
    name: Acme
    oauth2: {}
    signing: { algorithm: ES256 }
    clients:
      svc: { secret: svc-secret-of-the-workers }
      other: { secret: other-secret-of-the-workers }
`

test('two workers let in the rate of a client together, and another client has its own', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    await chmod(join(folder, 'config.yaml'), 0o600)
    const server = await startServer(programs.executable, { folder, args: ['--workers', '2'] })
    await waitFor('all are ready', () => server.output().includes('workers are ready'))
    const ask = (client: string) =>
      fetch(`${server.url}/api/v1/tenant/acme/oauth/token`, {
        method: 'POST',
        // Each over a connection of its own, so that any of the workers gets it.
        headers: { 'Content-Type': 'application/x-www-form-urlencoded', Connection: 'close' },
        body: new URLSearchParams({
          ...{ grant_type: 'client_credentials', client_id: client },
          client_secret: `${client}-secret-of-the-workers`,
        }).toString(),
      })
    const startedAt = Date.now()
    const statuses: number[] = []
    for (let round = 0; round < 40; round++)
      statuses.push(
        ...(await Promise.all(Array.from({ length: 4 }, () => ask('svc')))).map(({ status }) => status),
      )
    const drained = ((Date.now() - startedAt) * rate) / 60_000
    const issued = statuses.filter((status) => status === 200).length
    expect(statuses.filter((status) => status !== 200 && status !== 429)).toEqual([])
    expect(issued).toBeGreaterThanOrEqual(rate)
    // The other worker may let in a quarter before it learns of the rest.
    expect(issued).toBeLessThanOrEqual(rate + drained + rate / 4 + 1)
    const other = await ask('other')
    expect(other.status).toBe(200)
    expect(other.headers.get('ratelimit')).toBe(`"client";r=${rate - 1};t=1`)
    expect(await server.stop()).toBe(0)
  }))
