import { send } from '../contenders/asking.ts'
import { client, form, type TokenServer } from '../contenders/contender.ts'
import { tenantPath } from '../contenders/grantd.ts'
import { fetchToken } from '../contenders/token-entry.ts'
import { runPgbench } from '../measure/pgbench.ts'
import type { HttpRequest } from '../measure/wrk.ts'
import { compare, type Started } from './compare.ts'
import type { Scenario } from './scenario.ts'
import { listOnStorages, poolSize, type ToEntry, withPostgres } from './storages.ts'

const connections = 32

export const revocationScenario: Scenario = {
  name: 'revocation',
  title: `Revocations, each of a fresh ES256 token, ${connections} connections; pgbench with ${poolSize}`,
  run: (bench) =>
    withPostgres((url) =>
      compare(bench, [
        ...listOnStorages(bench, { url, toEntry }),
        async (folder) => startPgbench(url, folder),
      ]),
    ),
}

const toEntry: ToEntry = async (started, named) => ({
  ...named,
  async prepare({ seconds, rate }) {
    // Half as many again as the round before would need; the round ends when there are no more.
    const tokens = await mintTokens(started, Math.ceil(seconds * Math.max(rate, 2000) * 1.5))
    const requests = tokens.map((token) => asking('revoke', token))
    return { origin: started.server.origin, requests, order: 'once', connections }
  },
  verify: () => verifyRevocation(started),
  measure: () => started.server.measure(),
})

/** Fresh tokens of the client of the benchmark. */
export async function mintTokens(started: TokenServer, count: number): Promise<string[]> {
  const tokens: string[] = []
  const mint = async () => {
    while (tokens.length < count) tokens.push(await fetchToken(started, client, { keepalive: true }))
  }
  await Promise.all(Array.from({ length: connections }, mint))
  return tokens
}

/** Asks for a token's revocation or introspection as the client of the benchmark. */
export function asking(endpoint: 'revoke' | 'introspect', token: string): HttpRequest {
  return {
    method: 'POST',
    path: `${tenantPath('bench')}/oauth/${endpoint}`,
    contentType: form,
    body: new URLSearchParams({ token, client_id: client.id, client_secret: client.secret }).toString(),
  }
}

/** Throws unless a token is good before, and no more once its revocation was answered. */
export async function verifyRevocation(started: TokenServer): Promise<void> {
  const token = await fetchToken(started)
  const ask = async (endpoint: 'revoke' | 'introspect') => {
    const response = await send(started.server.origin, asking(endpoint, token))
    return `${response.status} ${await response.text()}`
  }
  const answers = [await ask('introspect'), await ask('revoke'), await ask('introspect')]
  if (
    !answers[0]?.includes('"active":true') ||
    answers[1] !== '200 ' ||
    answers[2] !== '200 {"active":false}'
  )
    throw new Error(`A token is not revoked as it should be: ${answers.join(', ')}`)
}

/** The statement of a revocation (storage/sql-storage.ts, tokens/revocations.ts), without anything around it. */
const insert = `\\set a random(1, 4611686018427387903)
insert into grantd_records (tenant, kind, id, value, version, expires_at, used_at, parent)
values ('bench', 'revocation', 'token:' || lpad(:a::text, 22, '0'), '{"before":1795382810}', 1, 1795386410000, null, null)
on conflict do nothing returning 1 as one;
`

function startPgbench(url: string, folder: string): Started {
  const nothing = { cpu: Number.NaN, rss: Number.NaN, largest: Number.NaN, processes: 1 }
  return {
    server: { stop: async () => {} },
    entry: {
      name: 'pgbench, the same INSERT',
      kind: 'limit',
      prepare: async () => (seconds) =>
        runPgbench({ url, script: insert, connections: poolSize, seconds }, folder),
      verify: async () => {},
      measure: async () => nothing,
    },
  }
}
