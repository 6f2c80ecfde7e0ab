import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Algorithm } from '../measure/openssl.ts'
import { scope, tokenForm } from './contender.ts'
import { startGrantd, tenantPath } from './grantd.ts'
import { type Credentials, storeTenants } from './store-tenants.ts'

export const clientsPerTenant = 10

/** Tenants with ten clients each, out of config.yaml or out of the storage. */
export interface ManyTenants {
  readonly tenants: number
  readonly source: 'config.yaml' | 'storage'
  /** With which each signs, by a key of its own. */
  readonly algorithm: Algorithm
}

export interface PreparedTenants {
  /** Holds config.yaml and data/ with every key; the caller's own. */
  readonly folder: string
  readonly credentials: readonly Credentials[]
}

/** Bumped when what is prepared changes, for it is kept. */
const layout = 3

/**
 * Makes the tenants with all of their keys, once: that takes a minute or two for ten thousand. They are kept in the cache, and
 * copied into `folder`, which must not be there.
 */
export async function prepareTenants(
  many: ManyTenants,
  { executable, cacheFolder, folder }: { executable: string; cacheFolder: string; folder: string },
): Promise<PreparedTenants> {
  const kept = join(cacheFolder, `tenants-${layout}-${many.tenants}-${many.source}-${many.algorithm}`)
  if (!existsSync(kept)) {
    const unfinished = `${kept}.unfinished`
    await rm(unfinished, { recursive: true, force: true })
    await mkdir(unfinished, { recursive: true })
    const credentials = await (many.source === 'storage' ? makeStored : makeConfigured)(many, {
      executable: many.algorithm === 'RS256' ? [process.execPath, quickKeys] : [executable],
      folder: unfinished,
    })
    await Bun.write(join(unfinished, 'credentials.json'), JSON.stringify(credentials))
    await rename(unfinished, kept)
  }
  await cp(kept, folder, { recursive: true })
  return { folder, credentials: await Bun.file(join(folder, 'credentials.json')).json() }
}

/** Ten thousand RSA keys take half an hour where each is made rightly. */
const quickKeys = join(import.meta.dir, 'grantd-few-primes.ts')

interface Place {
  readonly executable: readonly string[]
  readonly folder: string
}

/** Tenants t0, t1 ... in config.yaml, as a program would write it, and their keys. */
async function makeConfigured(
  { tenants, algorithm }: ManyTenants,
  { executable, folder }: Place,
): Promise<Credentials[]> {
  const credentials = Array.from({ length: tenants * clientsPerTenant }, (_, index) => ({
    tenant: `t${Math.floor(index / clientsPerTenant)}`,
    id: `client-${index % clientsPerTenant}`,
    secret: `secret-of-the-benchmark-${index}`,
  }))
  await Bun.write(join(folder, 'config.yaml'), renderTenants(credentials, algorithm))
  const keys = Bun.spawn([...executable, 'keys', 'generate', '--json'], {
    cwd: folder,
    stdout: 'ignore',
    stderr: 'inherit',
  })
  if ((await keys.exited) !== 0) throw new Error(`grantd keys generate ended with ${keys.exitCode}`)
  return credentials
}

function renderTenants(credentials: readonly Credentials[], algorithm: Algorithm): string {
  const lines = ['server:', '  public_url: http://bench.test', 'tenants:']
  for (const { tenant, id, secret } of credentials) {
    if (id === 'client-0') lines.push(...renderTenant(tenant, algorithm))
    const hash = createHash('sha256').update(secret).digest('hex')
    lines.push(`      ${id}:`, `        name: Service ${id} of the tenant ${tenant}`)
    lines.push(`        secret_hash: sha256:${hash}`, `        scopes: [${scope}]`)
  }
  return `${lines.join('\n')}\n`
}

function renderTenant(tenant: string, algorithm: Algorithm): string[] {
  return [
    `  ${tenant}:`,
    `    name: Tenant ${tenant}`,
    '    oauth2:',
    `      audience: [urn:bench:${tenant}]`,
    '      scopes:',
    `        ${scope}: Read access`,
    `    signing: { algorithm: ${algorithm} }`,
    '    clients:',
  ]
}

/** Tenants made through the admin API of a server that runs for it. */
async function makeStored(
  { tenants, algorithm }: ManyTenants,
  { executable, folder }: Place,
): Promise<Credentials[]> {
  const secret = 'secret-of-the-one-who-makes-tenants'
  const config = `server: { public_url: http://bench.test }
admin: { tenant: ops }
tenants:
  ops:
    name: Operations
    oauth2: { access_token_ttl: 1d }
    signing: { algorithm: ES256 }
    clients: { root: { secret: ${secret}, scopes: ['grantd:admin'] } }
`
  const server = await startGrantd({ executable, folder, config })
  try {
    const response = await fetch(`${server.origin}${tenantPath('ops')}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams(tokenForm({ id: 'root', secret, scope: 'grantd:admin' })),
    })
    const { access_token } = await response.json()
    return await storeTenants(tenants, {
      origin: server.origin,
      token: access_token,
      clientsPerTenant,
      algorithm,
    })
  } finally {
    await server.stop()
  }
}
