import type { Client } from '../../clients/client.ts'
import type { OAuth2Settings, Tenant } from '../../tenants/tenant.ts'
import type { RequestParameters } from '../request-parameters.ts'

/**
 * An authorization request whose client is known. Each file of this folder looks at one thing of it, and throws an OAuthError where it
 * must not be.
 */
export interface CheckedParameters {
  readonly parameters: RequestParameters
  /** Whether the client pushed it (RFC 9126). */
  readonly pushed: boolean
  readonly tenant: Tenant
  readonly oauth2: OAuth2Settings
  readonly client: Client
}
