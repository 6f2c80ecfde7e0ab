// A client that keeps its token until shortly before it expires.
//
//   GRANTD_CLIENT_SECRET=gds_... node client-node.mjs
//
// The server is that of `grantd init`; see README.md for the other variables.

const environment = (name, otherwise) => process.env[name] || otherwise
const issuerUrl = environment('GRANTD_ISSUER_URL', 'http://localhost:3000/api/v1/tenant/main')
const clientId = environment('GRANTD_CLIENT_ID', 'my-service')
const clientSecret = environment('GRANTD_CLIENT_SECRET', '')
const apiUrl = environment('API_URL', new URL('/api/v1/protected-resource', issuerUrl).href)

/** Do not use a token in its last seconds: it must still be valid when it arrives. */
const margin = 30_000

let current

/** The current token, or a new one. Requests at the same time share one token request. */
async function getToken() {
  current ??= requestToken()
  try {
    const { text, useUntil } = await current
    if (Date.now() < useUntil) return text
  } catch (error) {
    current = undefined
    throw error
  }
  current = undefined
  return getToken()
}

async function requestToken() {
  const answer = await fetch(`${issuerUrl}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    }),
    signal: AbortSignal.timeout(10_000),
  })
  const body = await answer.json()
  if (!answer.ok) throw new Error(`no token: ${answer.status} ${body.error}: ${body.error_description}`)
  const life = body.expires_in * 1000
  return { text: body.access_token, useUntil: Date.now() + life - Math.min(margin, life / 2) }
}

/** Calls an API; a 401 may mean that the key was changed, so it is tried once more with a new token. */
async function call(url) {
  const ask = async () => fetch(url, { headers: { Authorization: `Bearer ${await getToken()}` } })
  const answer = await ask()
  if (answer.status !== 401) return answer
  current = undefined
  return ask()
}

for (let round = 1; round <= 2; round++) {
  const answer = await call(apiUrl)
  console.log(answer.status, await answer.text())
}
