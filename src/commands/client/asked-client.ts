import type { Management } from '../../offline/with-management.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Tenant } from '../../tenants/tenant.ts'

/** What a command line asks for. */
export interface AskedClient {
  readonly management: Management
  readonly tenant: Tenant
  /** The client id; empty for a list. */
  readonly id: string
  readonly args: ParsedArguments
  readonly platform: Platform
}
