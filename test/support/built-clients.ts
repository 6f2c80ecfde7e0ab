import type { Client } from '../../src/clients/client.ts'
import type { ConfiguredClients } from '../../src/clients/configured-clients.ts'

/** Clients that a test has made, as if they were in config.yaml. */
export function builtClients(clients: readonly Client[]): ConfiguredClients {
  return { list: () => clients, build: (wanted) => clients.find(({ id }) => id === wanted) }
}

/** Those of one tenant; no other has any. */
export function builtClientsOf(tenant: string, clients: readonly Client[]) {
  return (id: string) => (id === tenant ? builtClients(clients) : undefined)
}
