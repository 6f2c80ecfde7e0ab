import { ClientConfig } from '../client-schema.ts'
import { Config } from '../schema.ts'
import { TenantConfig } from '../tenant-schema.ts'
import { deepFreeze } from './deep-freeze.ts'
import { createMemberPacking } from './packed-members.ts'
import { restoreMaps, withoutPrototype } from './restore-maps.ts'

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

type PackedWhole = Omit<Config, 'tenants'> & { readonly tenants: readonly [string, PackedTenant][] }

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
  const packed: PackedWhole = JSON.parse(text)
  const tenants = withoutPrototype(packed.tenants.map(([id, tenant]) => [id, unpackTenant(tenant)]))
  const { tenants: _, ...rest } = packed
  // The whole of what was packed, and never a list of names: a key that is new in the schema would not be on it.
  return deepFreeze({ ...packed, ...restoreMaps(Config, rest), tenants })
}

/** How one client of a packed tenant is found, by the tenant. */
const finders = new WeakMap<Pick<TenantConfig, 'clients'>, Unpack['one']>()

/**
 * The client of this id; undefined when the tenant has none. Any caller may ask for any id, so the time does not grow with the number of
 * clients, while `tenant.clients` unpacks all of them. Only the first look at a tenant reads all the ids.
 */
export function findClient(tenant: Pick<TenantConfig, 'clients'>, id: string): ClientConfig | undefined {
  const find = finders.get(tenant)
  if (find) return find(id)
  const { clients } = tenant
  return Object.hasOwn(clients, id) ? clients[id] : undefined
}

function unpackTenant({ clients, ...rest }: PackedTenant): TenantConfig {
  const { all, one } = createUnpack(clients)
  const settings = deepFreeze(restoreMaps(TenantConfig, rest))
  const tenant = Object.freeze(
    Object.defineProperty({ ...settings }, 'clients', { enumerable: true, get: all }),
  ) as TenantConfig
  finders.set(tenant, one)
  return tenant
}

const packing = createMemberPacking(ClientConfig)

function packClients(clients: Clients): PackedClients {
  const starts: [string, number][] = []
  let lines = ''
  for (const [id, client] of Object.entries(clients)) {
    starts.push([id, lines.length])
    lines += `${packing.pack(client)}\n`
  }
  return { lines, starts: JSON.stringify(starts) }
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
  const unpackAt = (start: number) => packing.unpack(lines.slice(start, lines.indexOf('\n', start)))
  return {
    all: () => Object.freeze(withoutPrototype([...readStarts()].map(([id, start]) => [id, unpackAt(start)]))),
    one: (id) => {
      known = readStarts()
      const start = known.get(id)
      return start === undefined ? undefined : unpackAt(start)
    },
  }
}
