import { deepFreeze } from './deep-freeze.ts'
import { ClientConfig, type Config } from './schema.ts'
import { shapeOf } from './schema-shapes.ts'

type Clients = Readonly<Record<string, ClientConfig>>

/** Clients of a file from which on they are packed. */
const manyClients = 1000

/**
 * Makes the clients of every tenant, where there are many, one text each, out of which they come again whenever they are looked
 * at: as objects, a hundred thousand clients would take three times the memory, and most of the work of the garbage collector.
 * The tenants are frozen then.
 */
export function packClients({ tenants }: Config): void {
  const all = Object.values(tenants)
  if (all.reduce((sum, { clients }) => sum + Object.keys(clients).length, 0) < manyClients) return
  for (const tenant of all) {
    const text = pack(tenant.clients)
    Object.defineProperty(tenant, 'clients', { enumerable: true, get: createUnpack(text) })
    for (const [key, { value }] of Object.entries(Object.getOwnPropertyDescriptors(tenant)))
      if (key !== 'clients') deepFreeze(value)
    Object.freeze(tenant)
  }
}

/** What every client has that does not say otherwise. */
const fallbacks = shapeOf(ClientConfig).properties.map(({ key, fallback }) => [key, fallback] as const)

function pack(clients: Clients): string {
  const changes = Object.entries(clients).map(([id, client]) => {
    const members: Readonly<Record<string, unknown>> = client
    return [
      id,
      fallbacks.flatMap(([key, fallback], at) => (members[key] === fallback ? [] : [at, members[key]])),
    ]
  })
  return JSON.stringify(changes)
}

/** A function of its own: one made where the clients are in sight would keep them in memory. */
function createUnpack(text: string): () => Clients {
  return () => {
    const changes: readonly (readonly [string, readonly unknown[]])[] = JSON.parse(text)
    // No prototype: a client may be called __proto__.
    const clients: Record<string, ClientConfig> = Object.create(null)
    for (const [id, members] of changes) clients[id] = unpack(members)
    return Object.freeze(clients)
  }
}

function unpack(members: readonly unknown[]): ClientConfig {
  const client: Record<string, unknown> = Object.fromEntries(fallbacks)
  for (let at = 0; at < members.length; at += 2) {
    const [key = ''] = fallbacks[Number(members[at])] ?? []
    client[key] = members[at + 1]
  }
  return deepFreeze(client) as ClientConfig
}
