/**
 * The example app of try-page.ts: authorization code with PKCE (RFC 7636), state and nonce, in the browser alone. A real app leaves this to
 * a library, which also verifies the signature of the ID token.
 *
 * A page at another name of this machine goes on to the one that the client has registered, because each name has its own storage.
 */
export const tryScript = `
const app = document.getElementById('try')
const { issuer, client, redirect, scope, authorize, token, userinfo, logout } = app.dataset
const find = (id) => document.getElementById(id)
const home = new URL(redirect)

if (location.origin !== home.origin) location.replace(redirect + location.search)

function base64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)))

async function signIn() {
  const attempt = { verifier: random(), state: random(), nonce: random() }
  sessionStorage.setItem('grantd-try', JSON.stringify(attempt))
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(attempt.verifier))
  location.href = authorize + '?' + new URLSearchParams({
    response_type: 'code',
    client_id: client,
    redirect_uri: redirect,
    scope,
    state: attempt.state,
    nonce: attempt.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: 'S256',
  })
}

function decode(jwt) {
  const [header, payload] = jwt.split('.').slice(0, 2).map((part) => {
    const bytes = Uint8Array.from(atob(part.replaceAll('-', '+').replaceAll('_', '/')), (each) => each.charCodeAt(0))
    return JSON.parse(new TextDecoder().decode(bytes))
  })
  return { header, payload }
}

function show(id, value) {
  find(id).textContent = JSON.stringify(value, null, 2)
  find(id + '-panel').hidden = false
}

function complain(text) {
  const problem = find('problem')
  problem.textContent = text
  problem.hidden = false
}

async function redeem(code, verifier) {
  const body = new URLSearchParams({ grant_type: 'authorization_code', client_id: client, redirect_uri: redirect, code, code_verifier: verifier })
  const response = await fetch(token, { method: 'POST', body, credentials: 'omit' })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error + ': ' + answer.error_description)
  return answer
}

async function askUserinfo(accessToken) {
  const response = await fetch(userinfo, { headers: { Authorization: 'Bearer ' + accessToken }, credentials: 'omit' })
  if (!response.ok) return complain('userinfo answered ' + response.status)
  show('userinfo', await response.json())
  find('userinfo-panel').scrollIntoView({ block: 'nearest' })
}

function showPerson({ id_token, access_token }, nonce) {
  const identity = decode(id_token)
  if (identity.payload.nonce !== nonce || identity.payload.iss !== issuer) throw new Error('The ID token is not for this sign-in')
  const { name, email, sub } = identity.payload
  find('title').textContent = 'Hello, ' + (name ?? email ?? sub)
  find('lead').textContent = 'You are signed in. This is what the app got.'
  show('id-token', identity)
  show('access-token', decode(access_token))
  app.hidden = true
  find('result').hidden = false
  find('ask').onclick = () => void askUserinfo(access_token).catch((error) => complain(error.message))
  find('sign-out').onclick = () => {
    location.href = logout + '?' + new URLSearchParams({ id_token_hint: id_token, post_logout_redirect_uri: redirect })
  }
}

async function comeBack(query) {
  const attempt = JSON.parse(sessionStorage.getItem('grantd-try') ?? '{}')
  sessionStorage.removeItem('grantd-try')
  history.replaceState(null, '', home.pathname)
  if (query.get('state') !== attempt.state) throw new Error('This sign-in was not started here. Please press Sign in.')
  if (query.get('iss') !== issuer) throw new Error('The answer comes from another issuer')
  if (query.has('error')) throw new Error(query.get('error') + ': ' + query.get('error_description'))
  showPerson(await redeem(query.get('code'), attempt.verifier), attempt.nonce)
}

find('sign-in').onclick = () => void signIn()
const query = new URLSearchParams(location.search)
if (query.has('code') || query.has('error')) comeBack(query).catch((error) => complain(error.message))
`
