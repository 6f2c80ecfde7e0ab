import { renderCount } from '../../cli/render-count.ts'
import type { ForeignClient } from '../../clients/foreign-clients.ts'
import { fitToTenant } from '../../import/fit-to-tenant.ts'
import type { LeftOut, PlannedClient, PlannedTenant } from '../../import/import-plan.ts'
import { shell } from '../../management/actor.ts'
import { createTenant } from '../../management/create-tenant.ts'
import { importClients, sortClients } from '../../management/import/import-clients.ts'
import { previewPeople } from '../../management/import/preview-people.ts'
import { type ImportOutcome, importPeople } from '../../management/people/import-people.ts'
import { explainRefusal, type Management } from '../../offline/with-management.ts'
import { planStoredTenant } from '../../tenants/stored-tenants.ts'
import { buildStoredTenant, type Tenant } from '../../tenants/tenant.ts'

/** What became, or would become, of one tenant of a file. */
export interface ImportedTenant {
  readonly tenant: string
  readonly isNew: boolean
  readonly clients: readonly {
    readonly id: string
    readonly grants: readonly string[]
    readonly secret: string
  }[]
  /** Ids of clients that are there already. */
  readonly existingClients: readonly string[]
  readonly people: Omit<ImportOutcome, 'faults'>
  readonly leftOut: readonly LeftOut[]
}

interface ImportTenantOptions {
  readonly isApplied: boolean
  readonly management: Management
}

/**
 * Makes the tenant of a file if there is none, then its clients, all or none, then its people, a hundred at a time. Each step leaves what
 * is there as it is, so a repeated import goes on where one was cut off. Throws CommandError and StorageError.
 */
export async function importTenant(
  planned: PlannedTenant & { readonly id: string },
  { isApplied, management }: ImportTenantOptions,
): Promise<ImportedTenant> {
  const { id, patch, people } = planned
  const leftOut = [...planned.leftOut]
  const known = await management.tenants.findAny(id)
  const tenant =
    known ?? (await explainRefusal(`Cannot make the tenant '${id}'`, () => plan(id, patch, management)))
  const fitting = known
    ? fitToTenant(planned.clients, Object.keys(known.oauth2?.scopes ?? {}), leftOut)
    : planned.clients
  const sorted = await sortClients(fitting.map(toForeign), tenant, management)
  leftOut.push(
    ...sorted.faults.map(({ id: client, message }) => ({
      what: `client '${client}'`,
      why: message,
      isExpected: false,
    })),
  )
  const isPeopled = tenant.oidc !== null || people.length === 0
  if (!isPeopled)
    leftOut.push({
      what: renderCount(people.length, 'person', 'people'),
      why: 'the tenant has no oidc yet (docs/users.md)',
      isExpected: false,
    })
  if (isApplied) await make({ planned, known, fresh: sorted.fresh, management })
  const outcome = await takePeople(isPeopled ? people : [], { tenant, isApplied, management })
  const byId = new Map(fitting.map((client) => [client.id, client]))
  const { faults, ...counts } = outcome
  leftOut.push(
    ...faults.map(({ number, message }) => ({
      what: `person number ${number}`,
      why: message,
      isExpected: false,
    })),
  )
  return {
    ...{ tenant: id, isNew: !known, existingClients: sorted.existing, people: counts, leftOut },
    clients: sorted.fresh.map(({ id: client }) => describe(byId.get(client), client)),
  }
}

async function plan(id: string, patch: PlannedTenant['patch'], management: Management): Promise<Tenant> {
  const { value } = await planStoredTenant({ id, patch }, management)
  return buildStoredTenant(id, value, management.publicUrl)
}

function toForeign({ id, patch, secret }: PlannedClient): ForeignClient {
  return { id, patch, secretHash: secret.kind === 'hash' ? secret.hash : null }
}

interface MakeOptions {
  readonly planned: PlannedTenant & { readonly id: string }
  readonly known: Tenant | undefined
  readonly fresh: readonly ForeignClient[]
  readonly management: Management
}

async function make({ planned, known, fresh, management }: MakeOptions): Promise<void> {
  const { id, patch } = planned
  if (!known)
    await explainRefusal(`Cannot make the tenant '${id}'`, () =>
      createTenant({ id, patch, actor: shell }, management),
    )
  const tenant = await management.tenants.findAny(id)
  if (!tenant || fresh.length === 0) return
  await explainRefusal(`Cannot make the clients of the tenant '${id}'`, () =>
    importClients({ clients: fresh, actor: shell }, tenant, management),
  )
}

async function takePeople(
  people: PlannedTenant['people'],
  { tenant, isApplied, management }: ImportTenantOptions & { readonly tenant: Tenant },
): Promise<ImportOutcome> {
  if (!isApplied) return previewPeople(people, tenant, management)
  return explainRefusal(`Cannot import people into the tenant '${tenant.id}'`, () =>
    importPeople({ people, actor: shell }, tenant, management),
  )
}

function describe(client: PlannedClient | undefined, id: string): ImportedTenant['clients'][number] {
  const grants = client?.patch['grant_types']
  const { kind, isWeak = false } = { isWeak: false, ...(client?.secret ?? { kind: 'none' as const }) }
  return {
    id,
    grants: Array.isArray(grants) ? grants.map(String) : [],
    secret: kind !== 'hash' ? kind : isWeak ? 'weak' : 'kept',
  }
}
