import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

const { env } = process
export const clientId = env.INTEROP_CLIENT_ID
export const clientSecret = env.INTEROP_CLIENT_SECRET
export const keyedId = env.INTEROP_KEYED_ID
export const keyPath = env.INTEROP_KEY_JWK
export const audience = 'my-api'

/** The issuer of a tenant: rs256, es256, eddsa, atjwt. */
export const issuerOf = (tenant) => `${env.INTEROP_URL}/api/v1/tenant/${tenant}`
export const secureIssuerOf = (tenant) => `${env.INTEROP_HTTPS_URL}/api/v1/tenant/${tenant}`

/** A token by hand, for clients that verify one. */
export async function getToken(issuer) {
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope: 'read',
  })
  const response = await fetch(`${issuer}/oauth/token`, { method: 'POST', body })
  assert.equal(response.status, 200)
  return (await response.json()).access_token
}

/** A verifier takes a good token, tells the client of it, and refuses a changed one and one of another tenant. */
export async function tryVerifier(issuer, verify) {
  const token = await getToken(issuer)
  assert.equal((await verify(token)).client_id, clientId)
  const parts = token.split('.')
  const changed = [parts[0], parts[1], parts[2].split('').reverse().join('')].join('.')
  const other = await getToken(
    issuer.endsWith('/rs256') ? issuer.replace(/rs256$/, 'atjwt') : issuer.replace(/\w+$/, 'rs256'),
  )
  for (const bad of [changed, other, 'nonsense'])
    await assert.rejects(async () => verify(bad), 'takes a bad token')
}

/** What a token is that a client got: introspected by the server that made it. */
export async function tryToken(issuer, token, scope = 'read', client = clientId) {
  const body = new URLSearchParams({
    token,
    client_id: env.INTEROP_API_ID,
    client_secret: env.INTEROP_API_SECRET,
  })
  const answer = await (await fetch(`${issuer}/oauth/introspect`, { method: 'POST', body })).json()
  assert.equal(answer.active, true)
  assert.equal(answer.client_id, client)
  assert.equal(answer.scope, scope)
}

/** A server of `listener` as long as `work` takes; `work` gets a function that calls it with a token. */
export async function withApi(listener, work) {
  const { createServer } = await import('node:http')
  const server = createServer(listener)
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    await work(callApi(`http://127.0.0.1:${server.address().port}/`))
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

/** A verifier that asks an API: 200 with the claims, or a refusal. */
export const callApi = (url) => async (token) => {
  const response = await fetch(url, { headers: { Authorization: `Bearer ${token}` } })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status} ${text.slice(0, 200)}`)
  return JSON.parse(text)
}

const versionOf = (name) => JSON.parse(readFileSync(`node_modules/${name}/package.json`, 'utf8')).version

/**
 * Prints what became of one thing that a client does: `asItComes` first; where that fails, each of `settings`, which are pairs of
 * what is set and a function, until one works.
 */
export async function claim([client, ...packages], does, asItComes, ...settings) {
  const version = [client, ...packages].map(versionOf).join(' + ')
  const base = { client: [client, ...packages].join(' + '), version, does, setting: '', why: '' }
  let why = ''
  for (const [setting, attempt] of [['', asItComes], ...settings]) {
    try {
      await attempt()
      console.log(JSON.stringify({ ...base, result: setting ? 'setting' : 'works', setting, why }))
      return
    } catch (error) {
      why = explain(error)
    }
  }
  console.log(JSON.stringify({ ...base, result: 'fails', why }))
}

/** One line without what changes from run to run. */
function explain(error) {
  const text = [error?.message ?? error, error?.cause?.message].filter(Boolean).join(': ')
  return text
    .replaceAll(/localhost:\d+/g, 'localhost')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 200)
}
