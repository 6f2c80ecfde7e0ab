import { join } from 'node:path'
import { Browser } from '../../test/support/people/browser.ts'
import { audience, client, scope } from '../contenders/contender.ts'
import { startGrantd, tenantPath, type Variant } from '../contenders/grantd.ts'
import { people } from '../contenders/people.ts'
import type { Server } from '../contenders/server.ts'
import { toTokenRequest } from '../contenders/token-entry.ts'
import { answersOf, type FloodReport, limitedAfter, startFlood } from '../measure/flood/run-flood.ts'
import { renderHttp, runPaced } from '../measure/pace/run-paced.ts'
import type { Usage } from '../measure/processes.ts'
import type { HttpRequest } from '../measure/wrk.ts'
import type { Figure } from '../results.ts'
import type { Bench, Scenario } from './scenario.ts'
import { masterKey, withPostgres } from './storages.ts'

/** Of the attackers, all of them together. */
const connections = 64
/** Requests a second of each of the two rightful senders at each process. */
const rate = 50
const addresses = 200
const clients = 10_000

/**
 * Wrong secrets, passwords and codes at full speed, while a client with the right secret asks for tokens at an even rate: from somewhere else, and
 * from behind an address of the attackers. What is asked: how soon the guesses are limited, how much later a token comes, and what
 * it costs in memory.
 */
export const guessingStormScenario: Scenario = {
  name: 'guessing-storm',
  title: `Tokens, ES256, ${2 * rate}/s, while ${connections} connections guess secrets, passwords and codes at full speed`,
  async run(bench) {
    const figures: Figure[] = []
    const one = await startOne(bench, { name: 'grantd' }, await bench.newFolder())
    figures.push(...(await stormAll(bench, 'one process', [one], listShapes())))
    if (bench.abilities.workers) {
      const two = await startOne(bench, { name: 'two', args: ['--workers', '2'] }, await bench.newFolder())
      figures.push(...(await stormAll(bench, 'two workers', [two], listShapes().slice(-1))))
    }
    await withPostgres(async (url) => {
      const env = { GRANTD_STORAGE: url, GRANTD_MASTER_KEY: masterKey }
      const replicas: Server[] = []
      for (let number = 0; number < 3; number++)
        replicas.push(await startOne(bench, { name: 'grantd' }, await bench.newFolder(), env))
      figures.push(...(await stormAll(bench, 'three replicas', replicas, listShapes().slice(-1))))
    })
    return { rows: [], figures }
  },
}

interface Shape {
  readonly name: string
  /** Whether the attackers come through a trusted proxy. Otherwise they connect from loopback addresses. */
  readonly isProxied: boolean
  readonly addresses: number
  /** How many clients they name. */
  readonly clients: number
}

function listShapes(): Shape[] {
  return [
    { name: 'one address', isProxied: false, addresses: 1, clients: 1 },
    { name: `${addresses} addresses, one client`, isProxied: false, addresses, clients: 1 },
    { name: `one address, ${clients} clients, by a proxy`, isProxied: true, addresses: 1, clients },
    { name: `${addresses} addresses, one client, by a proxy`, isProxied: true, addresses, clients: 1 },
  ]
}

function startOne(
  { executable }: Bench,
  variant: Variant,
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Server> {
  return startGrantd({
    executable,
    folder: join(folder, 'grantd'),
    variant,
    config: renderStormConfig(),
    env,
  })
}

/** 127.0.0.250 is the proxy, so that the other loopback addresses are senders. */
const proxy = '127.0.0.250'

function renderStormConfig(): string {
  const { redirectUri, username, password } = people
  const others = Array.from(
    { length: clients },
    (_, at) => `      c${at}: { secret_hash: 'sha256:${at.toString(16).padStart(64, '0')}' }`,
  )
  return [
    `server: { public_url: 'https://bench.test', trusted_proxies: [127.0.0.1, ${proxy}] }`,
    'tenants:',
    '  bench:',
    '    name: Benchmark',
    `    oauth2: { audience: ['${audience}'], scopes: { ${scope}: Read } }`,
    '    oidc: {}',
    '    signing: { algorithm: ES256 }',
    `    users: { ada: { email: ${username}, email_verified: true, password: ${password} } }`,
    '    clients:',
    `      ${client.id}: { secret: ${client.secret}, scopes: [${scope}] }`,
    `      spa: { token_endpoint_auth_method: none, grant_types: [authorization_code, refresh_token, 'urn:ietf:params:oauth:grant-type:device_code'], redirect_uris: ['${redirectUri}'] }`,
    ...others,
    '',
  ].join('\n')
}

async function stormAll(
  bench: Bench,
  group: string,
  servers: readonly Server[],
  shapes: readonly Shape[],
): Promise<Figure[]> {
  try {
    const figures: Figure[] = []
    // The client worked at its places before the attack; known addresses are written after a second.
    for (const [number, shape] of shapes.entries()) await measureBoth(servers, placesOf(number, shape), 1)
    await Bun.sleep(1500)
    for (const [number, shape] of shapes.entries())
      figures.push(...(await stormOnce(bench, servers, { shape, number, name: `${group}, ${shape.name}` })))
    return figures
  } finally {
    await Promise.all(servers.map((server) => server.stop()))
  }
}

/** Each shape has addresses of its own, so that nobody waits for what another one did. */
const addressOf = (number: number, at: number, isProxied: boolean) =>
  `${isProxied ? 10 : 127}.${10 + number}.${at >> 8}.${(at & 255) + 1}`

const placesOf = (number: number, { isProxied }: Shape) => ({
  elsewhere: `192.0.2.${number + 1}`,
  behind: addressOf(number, 0, isProxied),
})

async function stormOnce(
  bench: Bench,
  servers: readonly Server[],
  { shape, number, name }: { shape: Shape; number: number; name: string },
): Promise<Figure[]> {
  const seconds = bench.short ? 4 : 6
  const at = Array.from({ length: shape.addresses }, (_, index) => addressOf(number, index, shape.isProxied))
  const requests = await prepareGuesses(servers, shape, at)
  const places = placesOf(number, shape)
  const idle = await usedBy(servers)
  const quiet = await measureBoth(servers, places, seconds)
  const before = await usedBy(servers)
  const flood = startFlood({
    ...{
      ports: servers.map(({ origin }) => Number(new URL(origin).port)),
      requests,
      connections,
      seconds: seconds + 3,
    },
    localAddresses: shape.isProxied ? [proxy] : at,
  })
  // The limits have two seconds.
  await Bun.sleep(2000)
  const begun = await usedBy(servers)
  const storm = await measureBoth(servers, places, seconds)
  const after = await usedBy(servers)
  const report = await flood.report
  bench.say(`${name}: ${JSON.stringify(report.seconds)} ${report.broken} broken`)
  const share = (from: Used, to: Used) => (100 * (to.cpu - from.cpu)) / seconds
  const busy = { quiet: share(idle, before), storm: share(begun, after) }
  return renderFigures(name, { quiet, storm, report, busy, grown: after.rss - before.rss })
}

interface Both {
  readonly elsewhere: number
  readonly behind: number
}

/** The p99 of both rightful senders at the same time, in milliseconds, the longest of all processes. */
async function measureBoth(
  servers: readonly Server[],
  places: Record<keyof Both, string>,
  seconds: number,
): Promise<Both> {
  const request = toTokenRequest({ tokenPath: `${tenantPath('bench')}/oauth/token` })
  const measure = async (forwardedFor: string) => {
    const all = await Promise.all(
      servers.map(({ origin }) =>
        runPaced({ origin, request, connections: 16, rate: rate / servers.length, seconds, forwardedFor }),
      ),
    )
    return Math.max(...all.map(({ p99 }) => p99))
  }
  const [elsewhere, behind] = await Promise.all([measure(places.elsewhere), measure(places.behind)])
  return { elsewhere, behind }
}

type Used = Pick<Usage, 'cpu' | 'rss'>

async function usedBy(servers: readonly Server[]): Promise<Used> {
  const used = await Promise.all(servers.map((server) => server.measure()))
  const sum = (member: keyof Used) => used.reduce((total, one) => total + one[member], 0)
  return { cpu: sum('cpu'), rss: sum('rss') }
}

/** A few hundred requests that are sent again and again: of each kind, from each address, for each client. */
async function prepareGuesses(
  servers: readonly Server[],
  shape: Shape,
  at: readonly string[],
): Promise<string[]> {
  const [server] = servers
  if (!server) throw new Error('No server runs')
  const render = (request: HttpRequest, index: number) =>
    renderHttp(request, server.origin, shape.isProxied ? at[index % at.length] : undefined)
  const forms = await openForms(server, at[0] ?? '')
  const count = Math.max(shape.clients, 600)
  return Array.from({ length: count }, (_, index) => {
    const id = shape.clients === 1 ? client.id : `c${index}`
    const kinds = [
      guessSecret(id, index),
      guessSecret(id, index),
      guessCode(index),
      guessDevice(index),
      ...forms,
    ]
    const kind = kinds[index % kinds.length]
    if (!kind) throw new Error('There is nothing to guess')
    return render(kind, Math.floor(index / kinds.length))
  })
}

const tokenPath = `${tenantPath('bench')}/oauth/token`
const contentType = 'application/x-www-form-urlencoded'
const toForm = (path: string, values: Record<string, string>): HttpRequest => ({
  ...{ method: 'POST', path, contentType },
  body: new URLSearchParams(values).toString(),
})

const guessSecret = (id: string, index: number) =>
  toForm(tokenPath, {
    grant_type: 'client_credentials',
    client_id: id,
    client_secret: `a-wrong-secret-${index}`,
  })

const guessCode = (index: number) =>
  toForm(tokenPath, {
    ...{ grant_type: 'authorization_code', client_id: 'spa', redirect_uri: people.redirectUri },
    ...{ code: `a-code-that-is-wrong-${index}`.padEnd(43, 'x'), code_verifier: people.verifier },
  })

const guessDevice = (index: number) =>
  toForm(tokenPath, {
    ...{ grant_type: 'urn:ietf:params:oauth:grant-type:device_code', client_id: 'spa' },
    device_code: `a-device-code-that-is-wrong-${index}`.padEnd(43, 'x'),
  })

/** The forms for a password and for the code of a device, each with its cookie. They can be sent more than once. */
async function openForms(server: Server, address: string): Promise<HttpRequest[]> {
  const open = async (path: string, values: Record<string, string>): Promise<HttpRequest> => {
    const browser = new Browser({
      origin: 'https://bench.test',
      send: ({ pathname, search }, init) => {
        const headers = new Headers(init.headers)
        headers.set('X-Forwarded-For', address)
        return fetch(`${server.origin}${pathname}${search}`, { ...init, headers, redirect: 'manual' })
      },
    })
    const page = await browser.open(path)
    const [form] = page.forms
    if (!form) throw new Error(`There is no form at ${path}, but ${page.status}`)
    const hidden = Object.fromEntries(form.fields.map(({ name, value }) => [name, value]))
    const url = new URL(form.action, page.url)
    const cookie = browser.jar.header({ url, method: 'POST', isCrossSite: false }) ?? ''
    return { ...toForm(url.pathname + url.search, { ...hidden, ...values }), cookie }
  }
  return [
    await open(`${tenantPath('bench')}/login`, { username: people.username, password: 'a wrong password' }),
    await open('/device', { user_code: 'BCDF-GHJK' }),
  ]
}

interface Stormed {
  readonly quiet: Both
  readonly storm: Both
  readonly report: FloodReport
  /** Per cent of a core, of the servers together. */
  readonly busy: { readonly quiet: number; readonly storm: number }
  /** MB. */
  readonly grown: number
}

function renderFigures(name: string, { quiet, storm, report, busy, grown }: Stormed): Figure[] {
  const figure = (what: string, value: number, unit: string): Figure => ({
    name: `${name}: ${what}`,
    value,
    unit,
  })
  return [
    figure('p99 elsewhere, quiet', quiet.elsewhere, 'ms'),
    figure('p99 elsewhere, in the storm', storm.elsewhere, 'ms'),
    figure('p99 behind the same address, quiet', quiet.behind, 'ms'),
    figure('p99 behind the same address, in the storm', storm.behind, 'ms'),
    figure('guesses answered', answersOf(report), '/s'),
    figure('until 95 % of the answers are 429', limitedAfter(report) ?? Number.POSITIVE_INFINITY, 's'),
    figure('processor, quiet', busy.quiet, '% of a core'),
    figure('processor, in the storm', busy.storm, '% of a core'),
    figure('memory more than before', grown, 'MB'),
  ]
}
