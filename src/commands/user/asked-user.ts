import { CommandError } from '../../cli/command.ts'
import type { Management } from '../../offline/with-management.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { findPerson, findPersonByUsername, type ListedPerson } from '../../users/listed-people.ts'

/** The tenant that a command line names. */
export interface AskedTenant {
  readonly management: Management
  readonly tenant: Tenant
  readonly args: ParsedArguments
  readonly platform: Platform
}

/** The person whom a command line names, by --email, or by --user with the sub or the key of config.yaml. Throws CommandError. */
export async function getAskedPerson({ management, tenant, args }: AskedTenant): Promise<ListedPerson> {
  const owner = { tenant, people: management.people.of(tenant) }
  const { storage } = management
  const [id, email] = [args.text('user'), args.text('email')]
  if (!id === !email) throw new UsageError('user wants --email ADDRESS or --user SUB to name the person')
  const found = id
    ? ((await findPerson(id, owner, storage)) ?? (await findPersonByUsername(id, owner, storage)))
    : await findPersonByUsername(email ?? '', owner, storage)
  if (found) return found
  throw new CommandError(
    `The tenant '${tenant.id}' has no user '${id ?? email}'; grantd user list --tenant ${tenant.id} names them`,
  )
}

/** How messages name a person. */
export function nameOf({ person }: ListedPerson): string {
  return person.email ?? person.key ?? person.sub
}
