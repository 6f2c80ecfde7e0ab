import type { ClientConfig } from '../config/schema.ts'
import { buildClient, type Client } from './client.ts'

/** The clients of a tenant that are in config.yaml, each built when it is asked for. */
export interface ConfiguredClients {
  readonly ids: readonly string[]
  /** Undefined when there is none of this id. */
  build(id: string): Client | undefined
}

export const noClients: ConfiguredClients = { ids: [], build: () => undefined }

/** The clients of config.yaml, whose secrets are hashes already. */
export function listConfiguredClients(clients: Readonly<Record<string, ClientConfig>>): ConfiguredClients {
  return {
    get ids() {
      return Object.keys(clients)
    },
    build: (id) => {
      const client = Object.hasOwn(clients, id) ? clients[id] : undefined
      return client && buildClient(id, client)
    },
  }
}
