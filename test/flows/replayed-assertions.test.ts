import { afterAll, beforeAll, expect, test } from 'bun:test'
import { newClientKey, signAssertion, withAssertion } from '../support/assertions.ts'
import { type PostgresServer, startPostgres } from '../support/postgres-server.ts'
import { longTimesYaml } from '../support/postgres-times.ts'
import {
  programs,
  type RunningServer,
  startServer,
  withFolder,
  writeConfig,
} from '../support/spawn-server.ts'

let postgres: PostgresServer
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(() => postgres.remove())

const key = await newClientKey('ES256', 'k')
const issuer = 'https://id.example'
const config = `
${longTimesYaml}
limits: { enabled: false }
tenants:
  acme:
    name: Acme
    issuer: ${issuer}
    oauth2: {}
    signing: { algorithm: ES256 }
    clients:
      app: { token_endpoint_auth_method: private_key_jwt, jwks: ${JSON.stringify({ keys: [key.jwk] })} }
`

async function sign(): Promise<Record<string, string>> {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iat: now, exp: now + 300, jti: crypto.randomUUID() }
  return withAssertion(await signAssertion({ clientId: 'app', audience: issuer, key, claims }))
}

async function statusOf({ url }: RunningServer, form: Record<string, string>): Promise<number> {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...form })
  const answer = await fetch(`${url}/api/v1/tenant/acme/oauth/token`, { method: 'POST', body })
  await answer.text()
  return answer.status
}

test('of many at two replicas with one assertion one wins, and none after the winner was killed', async () => {
  await withFolder(async (folder) => {
    const env = {
      GRANTD_STORAGE: await postgres.createDatabase(),
      GRANTD_MASTER_KEY: Buffer.alloc(32, 7).toString('base64'),
    }
    await writeConfig(folder, config)
    const start = () => startServer(programs.executable, { folder, env })
    const [a, b] = await Promise.all([start(), start()])
    for (let round = 0; round < 5; round++) {
      const form = await sign()
      const all = Array.from({ length: 20 }, (_, n) => statusOf(n % 2 === 0 ? a : b, form))
      expect((await Promise.all(all)).filter((status) => status === 200)).toHaveLength(1)
    }
    const last = await sign()
    expect(await statusOf(a, last)).toBe(200)
    await a.kill('SIGKILL')
    expect(await statusOf(b, last)).toBe(401)
    expect(await statusOf(b, await sign())).toBe(200)
    expect(await b.stop()).toBe(0)
  })
})
