/** The clients that are tried, and how each of them fails. Ids and secrets have one length, so that requests have one too. */

const secret = (name: string) => `secret-of-the-client-${name}-0123456789`

export interface Failure {
  readonly name: string
  readonly clientId: string
  readonly clientSecret: string
}

const wrong = secret('wrong00')

/** What is compared with the first of them. The second is as unknown as the first: where it differs, the measurement is no good. */
export const failures: readonly Failure[] = [
  { name: 'unknown client', clientId: 'client-m-nobody', clientSecret: wrong },
  { name: 'another unknown client', clientId: 'client-s-nobody', clientSecret: wrong },
  { name: 'config.yaml, wrong secret', clientId: 'client-c-active', clientSecret: wrong },
  { name: 'config.yaml, expired secret', clientId: 'client-c-expird', clientSecret: secret('expired') },
  { name: 'config.yaml, inactive, its secret', clientId: 'client-c-asleep', clientSecret: secret('asleep0') },
  { name: 'config.yaml, inactive, wrong secret', clientId: 'client-c-asleep', clientSecret: wrong },
  { name: 'stored, wrong secret', clientId: 'client-t-active', clientSecret: wrong },
  { name: 'stored, inactive, wrong secret', clientId: 'client-t-asleep', clientSecret: wrong },
]

const admin = { id: 'client-c-admins', secret: secret('admins0') }

/** `limits` is the text of that block. */
export function renderConfig(port: number, limits: string): string {
  return `
server: { port: ${port}, public_url: 'http://127.0.0.1:${port}', trusted_proxies: ['127.0.0.0/8'] }
limits: ${limits}
admin: {}
audit: { enabled: false }
tenants:
  timing:
    name: Timing
    oauth2: {}
    signing: { algorithm: ES256 }
    clients:
      ${admin.id}: { secret: ${admin.secret}, scopes: ['grantd:admin'] }
      client-c-active: { secret: ${secret('active0')} }
      client-c-asleep: { secret: ${secret('asleep0')}, active: false }
      client-c-expird: { secrets: [{ id: a, env: EXPIRED, expires_at: 2020-01-01T00:00:00Z }] }
`
}

export const environment = { EXPIRED: secret('expired') }

/** Makes the stored clients, and some more around them. */
export async function storeClients(origin: string): Promise<void> {
  const form = { grant_type: 'client_credentials', client_id: admin.id, client_secret: admin.secret }
  const body = new URLSearchParams({ ...form, scope: 'grantd:admin' })
  const response = await fetch(`${origin}/api/v1/tenant/timing/oauth/token`, { method: 'POST', body })
  const { access_token: token } = await response.json()
  const post = async (id: string, more: object = {}) => {
    const made = await fetch(`${origin}/api/v1/admin/tenants/timing/clients`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ client_id: id, ...more }),
    })
    if (made.status !== 201)
      throw new Error(`The client ${id} is answered ${made.status}: ${await made.text()}`)
  }
  for (let index = 0; index < 100; index++)
    await post(`client-${String.fromCharCode(100 + (index % 20))}-${index}`)
  await post('client-t-active')
  await post('client-t-asleep', { active: false })
}
