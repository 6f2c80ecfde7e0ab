import type { Grant } from './grant.ts'

/** The client acts for itself (RFC 6749 section 4.4). */
export const clientCredentialsGrant: Grant = {
  type: 'client_credentials',
  clients: 'confidential',
  parameters: {},
  scopePolicy: 'requested',
  shareable: true,
  authorize: async ({ client, scopes, audience }) => ({ subject: client.id, scopes, audience }),
}
