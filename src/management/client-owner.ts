import type { ClientRegistry } from '../clients/client-registry.ts'

/** A tenant together with its clients, in the shape that the functions of clients/ take. */
export function ownerOf<T extends { readonly id: string }>(
  tenant: T,
  { clients }: { readonly clients: Pick<ClientRegistry, 'of'> },
) {
  return { tenant, clients: clients.of(tenant.id) }
}
