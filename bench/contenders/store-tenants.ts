import type { Algorithm } from '../measure/openssl.ts'
import { scope } from './contender.ts'

export interface Credentials {
  readonly tenant: string
  readonly id: string
  readonly secret: string
}

export interface Admin {
  readonly origin: string
  /** Of an admin of every tenant. */
  readonly token: string
  readonly clientsPerTenant: number
  readonly algorithm: Algorithm
}

/**
 * Makes the tenants s0, s1 ... with their keys, and clients through the admin API; many at once, for each write waits for the disk.
 */
export async function storeTenants(count: number, admin: Admin): Promise<Credentials[]> {
  const made: Credentials[] = []
  let next = 0
  const work = async () => {
    while (next < count) made.push(...(await storeTenant(`s${next++}`, admin)))
  }
  await Promise.all(Array.from({ length: 64 }, work))
  return made
}

async function storeTenant(tenant: string, admin: Admin): Promise<Credentials[]> {
  await post('/tenants', admin, {
    id: tenant,
    name: `Tenant ${tenant}`,
    oauth2: { audience: [`urn:bench:${tenant}`], scopes: { [scope]: 'Read access' } },
    signing: { algorithm: admin.algorithm },
  })
  // The first look at its keys makes them.
  const jwks = await fetch(`${admin.origin}/api/v1/tenant/${tenant}/.well-known/jwks.json`)
  if (!jwks.ok)
    throw new Error(`The JWK Set of ${tenant} is answered with ${jwks.status}: ${await jwks.text()}`)
  return await Promise.all(
    Array.from({ length: admin.clientsPerTenant }, async (_, index) => {
      const id = `client-${index}`
      const made = await post(`/tenants/${tenant}/clients`, admin, { client_id: id, scopes: [scope] })
      return { tenant, id, secret: String(made['client_secret']) }
    }),
  )
}

async function post(path: string, { origin, token }: Admin, body: object): Promise<Record<string, unknown>> {
  const response = await fetch(`${origin}/api/v1/admin${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (response.status !== 201)
    throw new Error(`The admin API answers ${path} with ${response.status}: ${await response.text()}`)
  return await response.json()
}
