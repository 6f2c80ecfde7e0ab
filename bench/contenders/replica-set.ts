import { join } from 'node:path'
import { runWrk } from '../measure/wrk.ts'
import { client, type TokenServer } from './contender.ts'
import { renderConfig, startGrantd, toTokenServer } from './grantd.ts'
import { type Credentials, storeTenants } from './store-tenants.ts'
import { fetchToken, toTokenRequest } from './token-entry.ts'

export interface ReplicaSettings {
  readonly executable: string
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
}

const admin = { id: 'root', secret: 'secret-of-the-one-who-makes-tenants', scope: 'grantd:admin' } as const

/** As many grantd as are wanted, of one process each, on one storage with one configuration and the same keys. */
export class ReplicaSet {
  readonly #settings: ReplicaSettings
  #running: TokenServer[] = []
  #started = 0

  constructor(settings: ReplicaSettings) {
    this.#settings = settings
  }

  /** Those that run; all of them know the tenant `bench` with the client of the benchmark. */
  get running(): readonly TokenServer[] {
    return this.#running
  }

  /** Starts those that are missing, each warmed up, and stops those that are too many. */
  async scaleTo(count: number): Promise<void> {
    while (this.#running.length > count) await this.#running.pop()?.server.stop()
    while (this.#running.length < count) this.#running.push(await this.#startOne())
  }

  /** Makes a tenant with ten clients in the storage, through the admin API; answers one of them. */
  async storeTenant(): Promise<Credentials> {
    const [first] = this.#running
    if (!first) throw new Error('No replica runs')
    const operations = toTokenServer(first.server, 'ops')
    const token = await fetchToken(operations, admin)
    const [credentials] = await storeTenants(1, {
      origin: first.server.origin,
      token,
      clientsPerTenant: 10,
      algorithm: 'ES256',
    })
    if (!credentials) throw new Error('No client was made')
    return credentials
  }

  async #startOne(): Promise<TokenServer> {
    const { executable, env, folder: parent } = this.#settings
    const folder = join(parent, `replica-${++this.#started}`)
    const server = await startGrantd({ executable, folder, env, config: renderReplicas() })
    const replica = toTokenServer(server, 'bench')
    const requests = [toTokenRequest(replica)]
    await runWrk({ origin: server.origin, requests, order: 'one', connections: 16, seconds: 1 }, folder)
    return replica
  }
}

function renderReplicas(): string {
  const config = renderConfig('ES256', {
    top: ['admin: { tenant: ops }'],
    secret: `secret: ${client.secret}, introspect: true`,
  })
  return `${config}  ops:
    name: Operations
    oauth2: { access_token_ttl: 1h }
    signing: { algorithm: ES256 }
    clients: { ${admin.id}: { secret: ${admin.secret}, scopes: ['${admin.scope}'] } }
`
}
