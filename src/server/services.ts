import type { AuditState } from '../audit/audit-log.ts'
import type { AuditReader } from '../audit/audit-trail.ts'
import type { ClientRegistry } from '../clients/client-registry.ts'
import { hasUsedSecret } from '../clients/stored-clients.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Config } from '../config/schema.ts'
import { AttemptLimits } from '../limits/attempt-limits.ts'
import { Rates } from '../limits/rates/rates.ts'
import { type Log, renderCause } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import type { AuditSink } from '../protocol/audit-events.ts'
import { LastUse } from '../storage/last-use.ts'
import type { StorageMeter } from '../storage/measured-database.ts'
import { openStorage } from '../storage/open.ts'
import type { OnDamagedRow, Storage } from '../storage/storage.ts'
import { createBusyMeter } from './busy-meter.ts'
import { planStorage } from './compose.ts'
import { openAudit } from './open-audit.ts'
import { followSettings } from './reload/live-config.ts'

/** The services behind the endpoints. */
export interface Services {
  readonly storage: Storage
  readonly audit: AuditSink
  readonly auditTrails: AuditReader
  readonly lastUse: LastUse
  readonly limits: AttemptLimits
  readonly rates: Rates
  /** `limits` of the configuration in force. */
  readonly limitSettings: Config['limits']
  /** See AuditLog.settleForgotten. */
  settleAudit(): Promise<void>
  readonly auditState: () => AuditState
  /** Writes the rows that are still in memory, and closes the storage. */
  close(): Promise<void>
}

/** Number of damaged rows that are remembered as logged. */
const mostTold = 1000

/** Logs each damaged row once. If there are more than {@link mostTold}, some may be logged again. */
function logDamaged(log: Log): OnDamagedRow {
  const told = new Set<string>()
  return ({ key, message }) => {
    const name = JSON.stringify(key)
    if (told.has(name)) return
    if (told.size >= mostTold) told.clear()
    told.add(name)
    log('error', 'a row of the database is damaged', { ...key, reason: message })
  }
}

interface ServicesOptions {
  readonly platform: Platform
  readonly log: Log
  /** Undefined: nobody measures the storage. */
  readonly storageMeter: StorageMeter | undefined
  /** The clients of the configuration in force. */
  readonly findClients: () => ClientRegistry
}

/** Opens all services of a server except its keys. They read `limits` and `audit` of `loaded` at each use. Throws StorageError. */
export async function openServices(
  loaded: LoadedConfig,
  { platform, log, storageMeter, findClients }: ServicesOptions,
): Promise<Services> {
  const onDamaged = logDamaged(log)
  const place = planStorage(loaded, platform)
  const storage = await openStorage(place, platform, { onDamaged, meter: storageMeter })
  const lastUse = new LastUse({
    storage,
    after: platform.after,
    isThere: ({ tenantId, id }) => hasUsedSecret(findClients().of(tenantId), id),
    onError: (cause) => log('warn', 'uses were not written', { reason: renderCause(cause) }),
  })
  const limitSettings = followSettings(() => loaded.config.limits)
  const limiting = { ...platform, storage, settings: limitSettings }
  const limits = new AttemptLimits({
    ...limiting,
    onError: (cause) =>
      log('warn', 'failed attempts are counted by this process alone', { reason: renderCause(cause) }),
  })
  const rates = new Rates({
    ...limiting,
    onError: (cause) =>
      log('warn', 'rates are counted by this process alone', { reason: renderCause(cause) }),
  })
  const audit = openAudit(loaded, { platform, storage, log, isBusy: createBusyMeter(platform) })
  return {
    storage,
    lastUse,
    limits,
    rates,
    limitSettings,
    audit,
    auditTrails: audit,
    settleAudit: () => audit.settleForgotten(),
    auditState: () => audit.state,
    close: async () => {
      await Promise.all([lastUse.flush(), limits.flush(), rates.flush(), audit.close()])
      await storage.close()
    },
  }
}
