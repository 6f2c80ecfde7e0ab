import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Claim, explainError } from '../claims.ts'

const clientId = settingOf('CLIENT_ID')

export function settingOf(name: string): string {
  const value = process.env[`INTEROP_${name}`]
  if (value === undefined) throw new Error(`INTEROP_${name} is not set; run this by make interop`)
  return value
}

/** The issuer of a tenant: rs256, es256, eddsa, atjwt. */
export const issuerOf = (tenant: string) => `${settingOf('URL')}/api/v1/tenant/${tenant}`
export const secureIssuerOf = (tenant: string) => `${settingOf('HTTPS_URL')}/api/v1/tenant/${tenant}`

const ca = await Bun.file(settingOf('CA')).text()

/** A token by hand, for servers that verify one. */
async function getToken(issuer: string): Promise<string> {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: settingOf('CLIENT_SECRET'),
    scope: 'read',
  })
  const response = await fetch(`${issuer}/oauth/token`, { method: 'POST', body, tls: { ca } })
  const answer: unknown = await response.json()
  if (typeof answer === 'object' && answer && 'access_token' in answer) return String(answer.access_token)
  throw new Error(`no token: ${response.status}`)
}

/**
 * A server in front of an API lets a good token through and tells the API its client, in the body of the answer, and refuses a changed
 * token, one of another tenant, nonsense, and a request without one.
 */
export async function tryServer(url: string, issuer: string): Promise<void> {
  const token = await getToken(issuer)
  const answer = await callApi(url, token)
  if (answer.status !== 200 || !answer.text.includes(`client=${clientId};`)) {
    throw new Error(`a good token is answered ${answer.status} ${answer.text.slice(0, 100)}`)
  }
  const [head = '', body = '', signature = ''] = token.split('.')
  const changed = [head, body, [...signature].reverse().join('')].join('.')
  const other = await getToken(issuer.replace(/\w+$/, (tenant) => (tenant === 'rs256' ? 'atjwt' : 'rs256')))
  for (const bad of [changed, other, 'nonsense', undefined]) {
    const { status } = await callApi(url, bad)
    if (status !== 401 && status !== 403) throw new Error(`a bad token is answered ${status}`)
  }
}

async function callApi(url: string, token: string | undefined) {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` }
  const response = await fetch(url, { headers })
  return { status: response.status, text: await response.text() }
}

export async function withFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'grantd-interop-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs a server until `work` is done; `url` answers something once it listens. */
export async function whileRunning(command: string[], url: string, work: () => Promise<void>): Promise<void> {
  const child = Bun.spawn(command, { stdin: 'ignore', stdout: 'ignore', stderr: 'pipe' })
  const output = new Response(child.stderr).text()
  let isEnded = false
  void child.exited.then(() => {
    isEnded = true
  })
  try {
    for (let left = 200; left > 0; left--) {
      if (isEnded) throw new Error(`${command[0]} ended: ${(await output).slice(-300)}`)
      if (
        await fetch(url).then(
          () => true,
          () => false,
        )
      )
        break
      await Bun.sleep(50)
    }
    await work()
  } finally {
    child.kill()
    await child.exited
  }
}

export type Setting = readonly [setting: string, attempt: () => Promise<void>]

/** Prints what became of one thing: as it comes first; where that fails, each of the settings until one works. */
export async function claim(
  { client, debianPackage, does }: { client: string; debianPackage: string; does: string },
  asItComes: () => Promise<void>,
  ...settings: readonly Setting[]
): Promise<void> {
  const version = (await Bun.$`dpkg-query -W -f ${'$'}{Version} ${debianPackage}`.text()).replace(
    /^\d+:|[-+].*$/g,
    '',
  )
  let line: Claim = { client, version, does, result: 'fails', setting: '', why: '' }
  for (const [setting, attempt] of [['', asItComes] as const, ...settings]) {
    try {
      await attempt()
      line = { ...line, result: setting === '' ? 'works' : 'setting', setting }
      break
    } catch (error) {
      line = { ...line, why: explainError(error) }
    }
  }
  console.log(JSON.stringify(line))
}
