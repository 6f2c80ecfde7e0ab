import { deepFreeze } from './deep-freeze.ts'
import { ClientConfig, type Config, type TenantConfig } from './schema.ts'
import { shapeOf } from './schema-shapes.ts'

/** A configuration as one text, without anything that reading it left in memory. */
export type PackedConfig = string

type Clients = Readonly<Record<string, ClientConfig>>
type PackedTenant = Omit<TenantConfig, 'clients'> & { readonly clients: PackedClients }

/** Two texts, for a text is one thing to the garbage collector, however much is in it. */
interface PackedClients {
  /** What each client has, on a line of its own. */
  readonly lines: string
  /** JSON: the id of each client and where its line starts, as {@link Starts} has them. */
  readonly starts: string
}

type Starts = ReadonlyMap<string, number>

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
 * objects, a hundred thousand of them would be most of the work of the garbage collector. {@link findClient} takes out one alone.
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

/** Where a tenant that was packed has the way to one of its clients. */
const findOne = Symbol('findOne')

interface WithFindOne {
  readonly [findOne]?: (id: string) => ClientConfig | undefined
}

/**
 * The client of this id; undefined when the tenant has none. Anybody may ask for any id, so it takes no longer when there are many
 * clients: `tenant.clients` unpacks all of them. Only the first look at a tenant reads all the ids.
 */
export function findClient(
  tenant: Pick<TenantConfig, 'clients'> & WithFindOne,
  id: string,
): ClientConfig | undefined {
  const find = tenant[findOne]
  if (find) return find(id)
  const { clients } = tenant
  return Object.hasOwn(clients, id) ? clients[id] : undefined
}

function unpackTenant({ clients, ...tenant }: PackedTenant): TenantConfig {
  const { oauth2 } = tenant
  if (oauth2) oauth2.scopes = withoutPrototype(Object.entries(oauth2.scopes))
  deepFreeze(tenant)
  const { all, one } = createUnpack(clients)
  const whole = Object.defineProperties(
    { ...tenant },
    { clients: { enumerable: true, get: all }, [findOne]: { value: one } },
  )
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

function packClients(clients: Clients): PackedClients {
  const starts: [string, number][] = []
  let lines = ''
  for (const [id, client] of Object.entries(clients)) {
    starts.push([id, lines.length])
    lines += `${packClient(client)}\n`
  }
  return { lines, starts: JSON.stringify(starts) }
}

/** What differs from a client of which nothing is said, by its place among the properties. JSON has no end of line in it. */
function packClient(client: Readonly<Record<string, unknown>>): string {
  const members: unknown[] = []
  for (const [at, { key, fallback }] of properties.entries())
    if (client[key] !== fallback) members.push(at, client[key])
  return JSON.stringify(members)
}

interface Unpack {
  all(): Clients
  one(id: string): ClientConfig | undefined
}

/** A function of its own: one made where more is in sight would keep that in memory. */
function createUnpack({ lines, starts }: PackedClients): Unpack {
  // They stay a text until somebody looks for one, for most tenants are asked for nothing.
  let known: string | Starts = starts
  const readStarts = () =>
    typeof known === 'string' ? new Map(JSON.parse(known) as [string, number][]) : known
  const unpackAt = (start: number) => unpackClient(JSON.parse(lines.slice(start, lines.indexOf('\n', start))))
  return {
    all: () => Object.freeze(withoutPrototype([...readStarts()].map(([id, start]) => [id, unpackAt(start)]))),
    one: (id) => {
      known = readStarts()
      const start = known.get(id)
      return start === undefined ? undefined : unpackAt(start)
    },
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
