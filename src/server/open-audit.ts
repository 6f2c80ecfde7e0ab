import { AuditLog, type AuditLogOptions } from '../audit/audit-log.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Log } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import type { Storage } from '../storage/storage.ts'

export interface OpenAuditOptions extends Pick<AuditLogOptions, 'isBusy'> {
  readonly platform: Platform
  readonly storage: Storage
  /** Logs that events cannot be written. */
  readonly log: Log
}

/** The audit log of a configuration, for a server and for a command. A storage in memory keeps no trail, because it would only grow. */
export function openAudit(
  { config }: LoadedConfig,
  { platform, storage, ...rest }: OpenAuditOptions,
): AuditLog {
  const { retain, enabled, skip } = config.audit
  return new AuditLog({
    ...platform,
    ...rest,
    storage,
    skip,
    enabled: enabled && storage.name !== 'memory',
    retainSeconds: retain,
  })
}
