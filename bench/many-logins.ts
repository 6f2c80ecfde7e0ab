/**
 * Measures whether the memory of a server grows with logins: see bench/README.md.
 * bench/many-logins.ts [--logins 100000] [--browsers 100] [--executable dist/grantd]
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import {
  authorizePathOf,
  openSession,
  type PeopleServer,
  people,
  toPeopleContender,
} from './contenders/people.ts'

const { values } = parseArgs({
  options: {
    logins: { type: 'string', default: '100000' },
    /** Each signs in once with the password, and then uses its session again and again. */
    browsers: { type: 'string', default: '100' },
    executable: { type: 'string', default: 'dist/grantd' },
  },
})
const logins = Number(values.logins)
const connections = 32
/** How often the memory is noted. */
const steps = 20

const folder = await mkdtemp(join(tmpdir(), 'grantd-many-logins-'))
const executable = resolve(values.executable)
const started = await toPeopleContender(executable, { name: 'grantd' }, { name: 'SQLite' }).start(
  folder,
  'ES256',
)
try {
  const startedAt = performance.now()
  const cookies: string[] = []
  while (cookies.length < Number(values.browsers)) cookies.push(await openSession(started))
  console.log(`${cookies.length} sessions by password`)
  const noted: number[] = []
  for (let step = 1; step <= steps; step++) {
    await logInMany(cookies, logins / steps)
    const { rss } = await started.server.measure()
    noted.push(rss)
    const passed = ((performance.now() - startedAt) / 1000).toFixed(0)
    console.log(`${((logins / steps) * step).toFixed(0)} logins, ${passed} s: ${rss.toFixed(1)} MB`)
  }
  const quarter = steps / 4
  const meanOf = (each: readonly number[]) => each.reduce((sum, one) => sum + one, 0) / each.length
  const [early, late] = [meanOf(noted.slice(quarter, 2 * quarter)), meanOf(noted.slice(-quarter))]
  console.log(`mean of the second quarter ${early.toFixed(1)} MB, of the last ${late.toFixed(1)} MB`)
} finally {
  await started.server.stop()
  await rm(folder, { recursive: true, force: true })
}

/** A login: an authorization with a session, its code redeemed for three tokens, and one refresh. Each makes a family of its own. */
async function logInMany(cookies: readonly string[], count: number): Promise<void> {
  let next = 0
  const work = async () => {
    while (next < count) await logInOnce(started, cookies[next++ % cookies.length] ?? '')
  }
  await Promise.all(Array.from({ length: connections }, work))
}

async function logInOnce(server: PeopleServer, cookie: string): Promise<void> {
  const response = await fetch(server.server.origin + authorizePathOf(server, server.clientId), {
    ...{ headers: { Cookie: cookie }, redirect: 'manual' },
  })
  await response.arrayBuffer()
  const code = URL.parse(response.headers.get('location') ?? '')?.searchParams.get('code')
  if (!code) throw new Error(`No code came: ${response.status}`)
  const redirect = { redirect_uri: people.redirectUri, code_verifier: people.verifier }
  const { refresh_token } = await post(server, { grant_type: 'authorization_code', code, ...redirect })
  if (!refresh_token) throw new Error('No refresh token came with the code')
  await post(server, { grant_type: 'refresh_token', refresh_token })
}

async function post(server: PeopleServer, form: Record<string, string>): Promise<Record<string, string>> {
  const body = new URLSearchParams({ ...form, client_id: server.clientId, client_secret: people.secret })
  const response = await fetch(server.server.origin + server.tokenPath, { method: 'POST', body })
  if (response.status !== 200)
    throw new Error(`${form['grant_type']}: ${response.status} ${await response.text()}`)
  return response.json()
}
