import { deepFreeze } from './deep-freeze.ts'
import { ClientConfig, type Config, type TenantConfig } from './schema.ts'
import { shapeOf } from './schema-shapes.ts'

/** A configuration as one text, without anything that reading it left in memory. */
export type PackedConfig = string

type Clients = Readonly<Record<string, ClientConfig>>
type PackedTenant = Omit<TenantConfig, 'clients'> & { readonly clients: string }

/**
 * The configuration as a text. What was read stands among ten times as much that is not needed any more, and nothing moves objects
 * together; so it is written down, let go of, and made again by {@link unpackConfig}.
 */
export function packConfig(config: Config): PackedConfig {
  const tenants = Object.entries(config.tenants)
  const packed = tenants.map(([id, tenant]) => [id, { ...tenant, clients: packClients(tenant.clients) }])
  return JSON.stringify({ ...config, tenants: packed })
}

/**
 * The configuration that was packed. The clients of each tenant stay a text, out of which they come whenever they are looked at: as
 * objects, a hundred thousand of them would be most of the work of the garbage collector.
 */
export function unpackConfig(text: PackedConfig): Config {
  const packed: Omit<Config, 'tenants'> & { readonly tenants: readonly [string, PackedTenant][] } =
    JSON.parse(text)
  const tenants = withoutPrototype(packed.tenants.map(([id, tenant]) => [id, unpackTenant(tenant)]))
  const { server, data_dir, storage, postgres, master_key_file, admin, audit, swagger } = packed
  return deepFreeze({
    ...{ server, data_dir, storage, postgres, master_key_file, ...(admin && { admin }) },
    ...{ audit, swagger, tenants },
  })
}

function unpackTenant({ clients, ...tenant }: PackedTenant): TenantConfig {
  const { oauth2 } = tenant
  if (oauth2) oauth2.scopes = withoutPrototype(Object.entries(oauth2.scopes))
  deepFreeze(tenant)
  const whole = Object.defineProperty({ ...tenant }, 'clients', {
    enumerable: true,
    get: createUnpack(clients),
  })
  return Object.freeze(whole) as TenantConfig
}

/** A client may be called __proto__. */
function withoutPrototype<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const value: Record<string, T> = Object.create(null)
  for (const [key, member] of entries) value[key] = member
  return value
}

/** What a client has, and what it is where nothing is said. */
const { properties, blank } = shapeOf(ClientConfig)

function packClients(clients: Clients): string {
  const changes = Object.entries(clients).map(([id, client]) => {
    const all: Readonly<Record<string, unknown>> = client
    const members: unknown[] = []
    for (const [at, { key, fallback }] of properties.entries())
      if (all[key] !== fallback) members.push(at, all[key])
    return [id, members]
  })
  return JSON.stringify(changes)
}

/** A function of its own: one made where more is in sight would keep that in memory. */
function createUnpack(text: string): () => Clients {
  return () => {
    const changes: readonly (readonly [string, readonly unknown[]])[] = JSON.parse(text)
    return Object.freeze(withoutPrototype(changes.map(([id, members]) => [id, unpackClient(members)])))
  }
}

function unpackClient(members: readonly unknown[]): ClientConfig {
  const client: Record<string, unknown> = { ...blank }
  for (let at = 0; at < members.length; at += 2) {
    const property = properties[Number(members[at])]
    if (property) client[property.key] = members[at + 1]
  }
  return deepFreeze(client) as ClientConfig
}
