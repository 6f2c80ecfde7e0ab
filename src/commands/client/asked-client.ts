import type { Management } from '../../offline/with-management.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Tenant } from '../../tenants/tenant.ts'

/** The tenant and the client that a command line names. */
export interface AskedClient {
  readonly management: Management
  readonly tenant: Tenant
  /** The client id; empty for a list. */
  readonly id: string
  readonly args: ParsedArguments
  readonly platform: Platform
}
