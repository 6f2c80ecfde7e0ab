import { createRemoteJWKSet, jwtVerify } from 'jose'
import { send } from '../contenders/asking.ts'
import { audience, form } from '../contenders/contender.ts'
import {
  authorizePathOf,
  folderOf,
  listPeoplePeers,
  openSession,
  type PeopleContender,
  type PeopleServer,
  people,
  toPeopleContender,
} from '../contenders/people.ts'
import type { Algorithm } from '../measure/openssl.ts'
import type { HttpRequest } from '../measure/wrk.ts'
import type { Row } from '../results.ts'
import { type Entry, type NextRound, runRounds } from '../rounds.ts'
import type { Bench, Scenario } from './scenario.ts'
import { masterKey, withPostgres } from './storages.ts'

const connections = 32
/** Families that a round of refreshes rotates in turn: more than connections, so that one is always there. */
const families = 96

export const peopleScenario: Scenario = {
  name: 'people',
  title: 'People: codes, refresh tokens, userinfo, authorization with a session, discovery, 32 connections',
  async run(bench) {
    const rows: Row[] = []
    // A database that has keys of one algorithm keeps them for a while.
    for (const algorithm of ['ES256', 'RS256'] as const)
      rows.push(...(await withPostgres((url) => measurePeople(bench, listContenders(bench, url), algorithm))))
    return { rows }
  },
}

function listContenders({ executable, abilities }: Bench, postgresUrl: string): PeopleContender[] {
  const sqlite = { name: 'SQLite' }
  const postgres = {
    name: 'Postgres',
    env: { GRANTD_STORAGE: postgresUrl, GRANTD_MASTER_KEY: masterKey },
  }
  const workers = { name: 'grantd, --workers auto', args: ['--workers', 'auto'] }
  return [
    toPeopleContender(executable, { name: 'grantd' }, sqlite),
    ...(abilities.workers ? [toPeopleContender(executable, workers, sqlite)] : []),
    toPeopleContender(executable, { name: 'grantd' }, postgres),
    ...listPeoplePeers(),
  ]
}

/** Every task of every contender with keys of one algorithm. */
export async function measurePeople(
  bench: Pick<Bench, 'newFolder' | 'rounds' | 'seconds'>,
  contenders: readonly PeopleContender[],
  algorithm: Algorithm,
  chosen: readonly string[] = Object.keys(tasks),
): Promise<Row[]> {
  const folder = await bench.newFolder()
  const started: Ready[] = []
  try {
    for (const contender of contenders) {
      const server = await contender.start(folderOf(folder, contender, algorithm), algorithm)
      started.push({ contender, started: server, algorithm, cookie: await openSession(server) })
    }
    const rows: Row[] = []
    for (const [task, toEntry] of Object.entries(tasks)) {
      // A document and its like are the same with every key.
      if (!chosen.includes(task) || (task === 'discovery' && algorithm !== 'ES256')) continue
      const group = task === 'discovery' ? task : `${task}, ${algorithm}`
      const entries = started.map((ready) => ({ ...toEntry(ready), group }))
      const measured = await runRounds(entries, { count: bench.rounds, seconds: bench.seconds, folder })
      rows.push(...measured.rows)
    }
    return rows
  } finally {
    await Promise.all(started.map(({ started: { server } }) => server.stop()))
  }
}

/** A server with a person who is signed in. */
interface Ready {
  readonly contender: PeopleContender
  readonly started: PeopleServer
  readonly algorithm: Algorithm
  readonly cookie: string
}

const tasks: Readonly<Record<string, (ready: Ready) => Entry>> = {
  'code redemption': (ready) => ({
    ...entryOf(ready),
    prepare: async (next) => ({
      ...{ origin: ready.started.server.origin, order: 'once', connections },
      requests: [
        ...(await makeCodes(ready, countFor(next))).map((code) => redeeming(ready.started, code)),
        // The last one may be sent several times, and a code that comes twice takes back what it gave.
        { method: 'GET', path: ready.started.discoveryPath },
      ],
    }),
    verify: () => verifyRedemption(ready),
  }),
  refresh: (ready) => ({
    ...entryOf(ready),
    prepare: async () => ({
      ...{ origin: ready.started.server.origin, order: 'chain', connections },
      requests: (await makeFamilies(ready, families)).map((token) => refreshing(ready.started, token)),
    }),
    verify: () => verifyRefresh(ready),
  }),
  userinfo: (ready) => ({
    ...entryOf(ready),
    prepare: async () => ({
      ...{ origin: ready.started.server.origin, order: 'one', connections },
      requests: [await askingUserinfo(ready)],
    }),
    verify: async () => {
      const { status, text } = await ask(ready, await askingUserinfo(ready))
      if (status !== 200 || !text.includes(`"email":"${people.username}"`))
        throw new Error(`userinfo: ${status} ${text}`)
    },
  }),
  'authorization with a session': (ready) => ({
    ...entryOf(ready),
    prepare: async () => ({
      ...{ origin: ready.started.server.origin, order: 'one', connections },
      requests: [authorizing(ready, ready.started.clientId)],
    }),
    verify: async () => void (await makeCode(ready, ready.started.clientId)),
  }),
  discovery: (ready) => ({
    ...entryOf(ready),
    prepare: async () => ({
      ...{ origin: ready.started.server.origin, order: 'one', connections },
      requests: [{ method: 'GET', path: ready.started.discoveryPath }],
    }),
    verify: async () => {
      const { status, text } = await ask(ready, { method: 'GET', path: ready.started.discoveryPath })
      if (status !== 200 || !text.includes('"authorization_endpoint"'))
        throw new Error(`discovery: ${status} ${text}`)
    },
  }),
}

function entryOf({ contender: { name, kind }, started }: Ready) {
  return { name, kind, measure: () => started.server.measure() }
}

/** Half as many again as the round before would need; the round ends when there are no more. */
const countFor = ({ seconds, rate }: NextRound) => Math.ceil(seconds * Math.max(rate, 1000) * 1.5)

const authorizing = ({ started, cookie }: Ready, clientId: string): HttpRequest => ({
  method: 'GET',
  path: authorizePathOf(started, clientId),
  cookie,
})

async function makeCode(ready: Ready, clientId: string): Promise<string> {
  const { started, cookie } = ready
  const response = await fetch(started.server.origin + authorizePathOf(started, clientId), {
    headers: { Cookie: cookie },
    redirect: 'manual',
  })
  await response.arrayBuffer()
  const location = response.headers.get('location') ?? ''
  const code = URL.parse(location)?.searchParams.get('code')
  if (!location.startsWith(people.redirectUri) || !code)
    throw new Error(`No code: ${response.status} ${location}`)
  return code
}

function makeCodes(ready: Ready, count: number): Promise<string[]> {
  return makeMany(count, () => makeCode(ready, ready.started.clientId))
}

/** Refresh tokens of as many logins. */
async function makeFamilies(ready: Ready, count: number): Promise<string[]> {
  return makeMany(count, async () => {
    const code = await makeCode(ready, ready.started.clientId)
    const { refresh_token } = await tokensOf(ready, redeeming(ready.started, code))
    if (!refresh_token) throw new Error('No refresh token came with a code')
    return refresh_token
  })
}

async function makeMany(count: number, make: () => Promise<string>): Promise<string[]> {
  const made: string[] = []
  const worker = async () => {
    while (made.length < count) made.push(await make())
  }
  await Promise.all(Array.from({ length: connections }, worker))
  return made
}

function posting({ tokenPath }: PeopleServer, parameters: Readonly<Record<string, string>>): HttpRequest {
  const body = new URLSearchParams({ ...parameters, client_secret: people.secret }).toString()
  return { method: 'POST', path: tokenPath, contentType: form, body }
}

const redeeming = (started: PeopleServer, code: string, clientId = started.clientId) =>
  posting(started, {
    ...{ grant_type: 'authorization_code', code, client_id: clientId },
    ...{ redirect_uri: people.redirectUri, code_verifier: people.verifier },
  })

const refreshing = (started: PeopleServer, refreshToken: string) =>
  posting(started, { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: started.clientId })

interface Tokens {
  readonly access_token?: string
  readonly id_token?: string
  readonly refresh_token?: string
}

async function ask({ started }: Ready, request: HttpRequest): Promise<{ status: number; text: string }> {
  const response = await send(started.server.origin, request)
  return { status: response.status, text: await response.text() }
}

async function tokensOf(ready: Ready, request: HttpRequest): Promise<Tokens> {
  const { status, text } = await ask(ready, request)
  if (status !== 200) throw new Error(`No tokens: ${status} ${text}`)
  return JSON.parse(text)
}

async function askingUserinfo(ready: Ready): Promise<HttpRequest> {
  const { userinfoClientId, userinfoPath } = ready.started
  const code = await makeCode(ready, userinfoClientId)
  const { access_token } = await tokensOf(ready, redeeming(ready.started, code, userinfoClientId))
  return { method: 'GET', path: userinfoPath, authorization: `Bearer ${access_token}` }
}

/** Throws unless a code is good once, for both tokens, which the published keys confirm. */
async function verifyRedemption(ready: Ready): Promise<void> {
  const request = redeeming(ready.started, await makeCode(ready, ready.started.clientId))
  await verifyTokens(ready, await tokensOf(ready, request))
  // A peer takes the consent back with it, and nobody would be signed in any more.
  if (ready.contender.kind === 'peer') return
  const { status } = await ask(ready, request)
  if (status !== 400) throw new Error(`A code that was redeemed is answered ${status}`)
}

/** Throws unless a refresh token is good for both tokens and another refresh token. */
async function verifyRefresh(ready: Ready): Promise<void> {
  const [token = ''] = await makeFamilies(ready, 1)
  const tokens = await tokensOf(ready, refreshing(ready.started, token))
  await verifyTokens(ready, tokens)
  if (!tokens.refresh_token || tokens.refresh_token === token)
    throw new Error('A refresh token did not rotate')
}

async function verifyTokens({ started, algorithm }: Ready, tokens: Tokens): Promise<void> {
  const keys = createRemoteJWKSet(new URL(started.server.origin + started.jwksPath))
  const { issuer } = started
  await jwtVerify(tokens.access_token ?? '', keys, { issuer, audience, algorithms: [algorithm] })
  const { payload } = await jwtVerify(tokens.id_token ?? '', keys, {
    ...{ issuer, audience: started.clientId, algorithms: [algorithm] },
  })
  if (payload['email'] !== people.username)
    throw new Error(`The ID token has no e-mail address: ${JSON.stringify(payload)}`)
}
