import type { ClientRegistry } from '../clients/client-registry.ts'

/** The tenant whose clients are worked on, with the clients that config.yaml gives it. */
export function ownerOf<T extends { readonly id: string }>(
  tenant: T,
  { clients }: { readonly clients: Pick<ClientRegistry, 'of'> },
) {
  return { tenant, clients: clients.of(tenant.id) }
}
