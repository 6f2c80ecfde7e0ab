import { ClientConfig } from '../client-schema.ts'
import { Config } from '../schema.ts'
import { TenantConfig } from '../tenant-schema.ts'
import { deepFreeze } from './deep-freeze.ts'
import { createMemberPacking } from './packed-members.ts'
import { restoreMaps, withoutPrototype } from './restore-maps.ts'

/** A configuration as one text. It keeps none of the objects of its reading in memory. */
export type PackedConfig = string

type Clients = Readonly<Record<string, ClientConfig>>
type PackedTenant = Omit<TenantConfig, 'clients'> & { readonly clients: PackedClients }

/** The clients of a tenant as two texts, because for the garbage collector a text of any length is one object. */
interface PackedClients {
  /** The settings of each client, one line for each. */
  readonly lines: string
  /** JSON of the ids of the clients and the offsets of their lines, as in {@link Starts}. */
  readonly starts: string
}

type PackedWhole = Omit<Config, 'tenants'> & { readonly tenants: readonly [string, PackedTenant][] }

type Starts = ReadonlyMap<string, number>

/**
 * Writes the configuration to a text; {@link unpackConfig} makes it again. Reading leaves ten times as much garbage between the objects,
 * and the garbage collector does not move objects together. Only releasing all of them frees that memory.
 */
export function packConfig(config: Config): PackedConfig {
  const tenants = Object.entries(config.tenants)
  const packed = tenants.map(([id, tenant]) => [id, { ...tenant, clients: packClients(tenant.clients) }])
  return JSON.stringify({ ...config, tenants: packed })
}

/**
 * Makes the configuration of the text. The clients of each tenant stay text and are parsed at each use, because a hundred thousand client
 * objects would be most of the garbage collector's work. {@link findClient} parses one client.
 */
export function unpackConfig(text: PackedConfig): Config {
  const packed: PackedWhole = JSON.parse(text)
  const tenants = withoutPrototype(packed.tenants.map(([id, tenant]) => [id, unpackTenant(tenant)]))
  const { tenants: _, ...rest } = packed
  // Copies everything that was packed. A list of names would lose a key that is new in the schema.
  return deepFreeze({ ...packed, ...restoreMaps(Config, rest), tenants })
}

/** The function that finds one client of a packed tenant, by the tenant. */
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

/** A separate function, so that the closures keep nothing else in memory. */
function createUnpack({ lines, starts }: PackedClients): Unpack {
  // Parsed at the first use, because most tenants are not used.
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
