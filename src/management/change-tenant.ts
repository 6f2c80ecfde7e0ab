import type { Keyring } from '../keys/keyring.ts'
import type { AuditSink } from '../protocol/audit-events.ts'
import type { Storage } from '../storage/storage.ts'
import {
  type CheckCurrentTenant,
  changeStoredTenant,
  type StoredTenantsDeps,
  type TenantRow,
} from '../tenants/stored-tenants.ts'
import { type Actor, recordChange } from './actor.ts'
import { type FollowDeps, followSettings } from './follow-settings.ts'

export interface ChangeTenantOptions {
  readonly id: string
  readonly patch: Readonly<Record<string, unknown>>
  readonly checkCurrent: CheckCurrentTenant
  readonly actor: Actor
}

export interface ChangeTenantDeps extends StoredTenantsDeps, FollowDeps {
  readonly keyring: Pick<Keyring, 'replan' | 'tellWith'>
  readonly audit: AuditSink
}

/** The settings that affect the keys of a tenant: the rotation, and the lives of tokens. */
const keySettings = ['signing', 'oauth2', 'api_keys']

/** Changes settings of a stored tenant. Its keys follow in every process. Throws the errors of changeStoredTenant. */
export async function changeTenant(
  { id, patch, checkCurrent, actor }: ChangeTenantOptions,
  deps: ChangeTenantDeps,
): Promise<TenantRow> {
  const concernsKeys = keySettings.some((name) => Object.hasOwn(patch, name))
  const transaction: Storage['transaction'] = (work) => deps.keyring.tellWith(id, work)
  const row = await changeStoredTenant(
    { id, patch, checkCurrent },
    { ...deps, ...(concernsKeys && { transaction }) },
  )
  recordChange('tenant.changed', { actor, tenantId: id }, deps.audit)
  if (concernsKeys) await followSettings({ actor, tenantId: id }, deps)
  return row
}
