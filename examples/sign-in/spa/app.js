// A single-page app that signs people in: the authorization code with PKCE, by fetch alone. Serve this folder with serve.mjs.
//
// The tokens are in the memory of the page. A script that an attacker brings into the page can read them there, and would find them
// in localStorage for longer. Where that matters, let a server keep them, as ../web-app does.

const settings = { issuer: 'http://localhost:3000/api/v1/tenant/main', clientId: 'spa', ...window.settings }
const here = `${location.origin}/`
const scope = 'openid profile email'

const metadata = await getJson(`${settings.issuer}/.well-known/openid-configuration`)
let tokens

const element = (id) => document.getElementById(id)
element('sign-in').onclick = signIn
element('refresh').onclick = refresh
element('sign-out').onclick = signOut

const answer = new URLSearchParams(location.search)
if (answer.has('state')) await takeAnswer(answer)
element('sign-in').hidden = tokens !== undefined

async function signIn() {
  const login = { verifier: random(), state: random(), nonce: random() }
  // The page is loaded anew when the person comes back, so this has to outlive it.
  sessionStorage.setItem('login', JSON.stringify(login))
  const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(login.verifier))
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: settings.clientId,
    redirect_uri: here,
    scope,
    state: login.state,
    nonce: login.nonce,
    code_challenge: base64url(new Uint8Array(challenge)),
    code_challenge_method: 'S256',
  })
  location.assign(`${metadata.authorization_endpoint}?${query}`)
}

/** Trades the code of the answer for tokens. */
async function takeAnswer(query) {
  const login = JSON.parse(sessionStorage.getItem('login') ?? '{}')
  sessionStorage.removeItem('login')
  history.replaceState(null, '', here)
  // Another state: not our request. Another issuer: the answer of another server (RFC 9207).
  if (query.get('state') !== login.state || query.get('iss') !== metadata.issuer) return fail('The answer is not for us')
  if (query.has('error')) return fail(query.get('error_description') ?? query.get('error'))
  await ask({
    grant_type: 'authorization_code',
    code: query.get('code'),
    redirect_uri: here,
    code_verifier: login.verifier,
  })
  const claims = claimsOf(tokens.id_token)
  // It came from the token endpoint itself, so its signature needs no check (OpenID Connect Core section 3.1.3.7).
  const isOurs = claims.iss === metadata.issuer && claims.aud === settings.clientId && claims.nonce === login.nonce
  if (!isOurs) return fail('The ID token is not for us')
  show(claims)
}

/** Gets new tokens before the old ones expire. Each refresh token works once: keep the new one. */
async function refresh() {
  await ask({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
  show(claimsOf(tokens.id_token))
}

function signOut() {
  const query = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: here })
  tokens = undefined
  location.assign(`${metadata.end_session_endpoint}?${query}`)
}

async function ask(form) {
  const body = new URLSearchParams({ client_id: settings.clientId, ...form })
  tokens = await getJson(metadata.token_endpoint, { method: 'POST', body })
}

async function getJson(url, init) {
  const response = await fetch(url, init)
  const body = await response.json()
  if (!response.ok) throw fail(`${body.error}: ${body.error_description}`)
  return body
}

function show(claims) {
  element('who').textContent = `Signed in as ${claims.name ?? claims.sub}`
  element('claims').textContent = JSON.stringify(claims, null, 2)
  for (const id of ['refresh', 'sign-out']) element(id).hidden = false
}

function fail(reason) {
  document.getElementById('who').textContent = `That did not work: ${reason}`
  return new Error(reason)
}

function claimsOf(jwt) {
  const bytes = Uint8Array.from(atob(jwt.split('.')[1].replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0))
  return JSON.parse(new TextDecoder().decode(bytes))
}

function random() {
  return base64url(crypto.getRandomValues(new Uint8Array(32)))
}

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '')
}
