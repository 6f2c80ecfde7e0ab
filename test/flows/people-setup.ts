import { Browser, type Site } from '../support/people/browser.ts'
import type { Credentials, Relying } from '../support/people/flow.ts'
import { longTimesYaml } from '../support/postgres-times.ts'

/** The tenants, people and clients of the stories of people. */

export const ada: Credentials & { readonly name: string } = {
  username: 'ada@example.com',
  password: 'the password of ada',
  name: 'Ada Lovelace',
}
export const grace: Credentials = { username: 'grace@example.com', password: 'the password of grace' }

export const web: Relying & { readonly secret: string } = {
  clientId: 'web',
  secret: 'web-secret-of-the-stories',
  redirectUri: 'https://app.example.com/callback',
}
export const firstParty: Relying & { readonly secret: string } = {
  clientId: 'first-party',
  secret: 'first-party-secret-of-the-stories',
  redirectUri: 'https://own.example.com/callback',
}
export const page: Relying = { clientId: 'page', redirectUri: 'https://spa.example.com/callback' }
export const desktop: Relying = { clientId: 'desktop', redirectUri: 'http://127.0.0.1:49152/callback' }
export const phone: Relying = { clientId: 'phone', redirectUri: 'com.example.app:/callback' }

export const signedOutAt = 'https://app.example.com/signed-out'

const clientsOf = (secret: string) => `
      web: { secret: ${secret}, scopes: [read], introspect: true, grant_types: [authorization_code, refresh_token], redirect_uris: ['${web.redirectUri}'], post_logout_redirect_uris: ['${signedOutAt}'] }
      first-party: { secret: ${firstParty.secret}, consent: skip, grant_types: [authorization_code, refresh_token], redirect_uris: ['${firstParty.redirectUri}'] }
      page: { token_endpoint_auth_method: none, grant_types: [authorization_code, refresh_token], redirect_uris: ['${page.redirectUri}'], allowed_origins: ['https://spa.example.com'] }
      desktop: { token_endpoint_auth_method: none, grant_types: [authorization_code, refresh_token], redirect_uris: ['http://127.0.0.1/callback'] }
      phone: { token_endpoint_auth_method: none, grant_types: [authorization_code, refresh_token], redirect_uris: ['${phone.redirectUri}'] }`

const tenantOf = (name: string, secret = web.secret) => `
    name: ${name}
    oauth2: { audience: [${name}-api], scopes: { read: Read your things } }
    oidc: {}
    signing: { algorithm: ES256 }
    users:
      ada: { email: ${ada.username}, email_verified: true, name: ${ada.name}, password: ${ada.password}, groups: [staff] }
      grace: { email: ${grace.username}, password: ${grace.password} }
    clients:${clientsOf(secret)}`

/** Two tenants that are alike, so that only the tenant tells them apart. */
export const peopleYaml = `tenants:\n  acme:${tenantOf('Acme')}\n  beta:${tenantOf('Beta')}\n`

/** The same behind a public URL, for servers with several addresses. */
export const publicOrigin = 'https://login.example.com'
export const peopleYamlBehindProxy = `server: { public_url: '${publicOrigin}' }\n${longTimesYaml}\n${peopleYaml}`

/** A browser that nobody has signed in with. */
export const newBrowser = (site: Site, now?: () => number) =>
  new Browser(site, { headers: { 'Accept-Language': 'en' }, ...(now && { now }) })
