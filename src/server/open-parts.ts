import type { ClientRegistry } from '../clients/client-registry.ts'
import type { LoadedConfig } from '../config/load.ts'
import type { Lifecycle } from '../deps.ts'
import type { OpenedKey } from '../keys/key-material.ts'
import type { Keyring } from '../keys/keyring.ts'
import type { Log } from '../log.ts'
import { Maintenance } from '../maintenance/maintenance.ts'
import type { Platform } from '../platform/platform.ts'
import type { StorageMeter } from '../storage/measured-database.ts'
import { createAccessWarnings } from './access-warnings.ts'
import { planStorage } from './compose.ts'
import { composeKeyring, type KeyringHost, openKeyMaterial } from './compose-keys.ts'
import { findActive } from './open-keys.ts'
import { openServices, type Services } from './services.ts'
import { openServerEngine } from './signing-engine.ts'
import { logNewKey } from './startup.ts'

/** The parts behind the endpoints, opened and running. */
export interface Parts extends Services {
  readonly keyring: Keyring
  readonly maintenance: Maintenance
  readonly openedKeys: ReadonlyMap<string, OpenedKey>
  readonly keyHost: KeyringHost
  /** The ids of the active tenants of the configuration. */
  readonly active: readonly string[]
}

interface PartsOptions {
  readonly platform: Platform
  readonly log: Log
  readonly lifecycle: Lifecycle
  /** Number of processes that serve together, this one included. */
  readonly workers: number
  readonly isQuiet: boolean
  readonly storageMeter: StorageMeter | undefined
  /** See ServicesOptions. */
  readonly findClients: () => ClientRegistry
}

/** Opens storage, services and keyring, and starts maintenance. Opens no key of a tenant. */
export async function openParts(
  loaded: LoadedConfig,
  { platform, log, lifecycle, workers, isQuiet, storageMeter, findClients }: PartsOptions,
): Promise<Parts> {
  const openedKeys = new Map<string, OpenedKey>()
  const engine = await openServerEngine(loaded.config, { platform, log, processes: workers })
  const warnOfAccess = createAccessWarnings(isQuiet ? () => {} : log)
  const keyHost = { ...platform, engine, onExposure: warnOfAccess.ofKey }
  const material = await openKeyMaterial(loaded, keyHost)
  const services = await openServices(loaded, { platform, log, storageMeter, findClients })
  await warnOfAccess.ofData(planStorage(loaded, platform), platform.files)
  const keyring = await composeKeyring(loaded, keyHost, {
    ...services,
    material,
    now: platform.now,
    monotonic: platform.monotonic,
    log,
    atOnce: platform.cores,
    onOpened: ({ tenantId }, opened) => {
      // Only the start prints them. Later ones are not kept, because they would stay in memory as long as this map.
      if (lifecycle.phase === 'starting') openedKeys.set(tenantId, opened)
      else logNewKey(tenantId, opened, log)
    },
  })
  const active = findActive(loaded.config)
  const maintenance = new Maintenance({
    ...platform,
    ...services,
    ...{ keyring, log, configured: () => findActive(loaded.config) },
    clearsFolders: !isQuiet,
    onClock: (isOdd) => {
      lifecycle.isClockOdd = isOdd
    },
  })
  await maintenance.start()
  const close = async () => {
    await maintenance.stop()
    await services.close()
    engine.close()
  }
  return { ...services, keyring, keyHost, maintenance, active, openedKeys, close }
}
