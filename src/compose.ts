import { buildInfo } from './build-info.ts'
import { buildClient } from './clients/client.ts'
import { ClientRegistry } from './clients/registry.ts'
import type { LoadedConfig } from './config/load.ts'
import type { Deps, Lifecycle } from './deps.ts'
import type { KeyHost, KeyPlan } from './keys/key-file.ts'
import { Keyring, type KeyringOptions } from './keys/keyring.ts'
import { SecretChecker } from './keys/secrets.ts'
import type { Log } from './log.ts'
import type { Platform } from './platform/platform.ts'
import { TenantRegistry } from './tenants/registry.ts'
import { buildTenant } from './tenants/tenant.ts'

export interface ComposeOptions {
  readonly platform: Pick<Platform, 'files' | 'hashing' | 'passwordHash' | 'cores'>
  readonly log: Log
  readonly now: () => number
  readonly randomBytes: (count: number) => Uint8Array
  readonly keyring: Keyring
  readonly publicUrl: string
  readonly lifecycle: Lifecycle
}

/** What each tenant's key has to be and where it is. */
export function planKeys(loaded: LoadedConfig, { files }: Pick<Platform, 'files'>): KeyPlan[] {
  const { config, dataDir, resolve } = loaded
  return Object.entries(config.tenants).map(([tenantId, { signing }]) => ({
    tenantId,
    algorithm: signing.algorithm,
    modulusLength: signing.modulus_length,
    kid: signing.kid,
    file: signing.private_key_file === null ? null : resolve(signing.private_key_file),
    folder: dataDir === undefined ? null : files.resolve(dataDir, 'keys', tenantId),
  }))
}

/** The keyring of a configuration; it opens nothing yet. */
export function composeKeyring(loaded: LoadedConfig, platform: KeyHost, options: KeyringOptions): Keyring {
  const plans = planKeys(loaded, platform).map((plan): [string, KeyPlan] => [plan.tenantId, plan])
  return new Keyring(new Map(plans), platform, options)
}

/** Puts the parts of the server together: the one place that knows where each comes from. */
export function composeDeps({ config }: LoadedConfig, options: ComposeOptions): Deps {
  const { platform, log, now, randomBytes, keyring, publicUrl, lifecycle } = options
  const tenants = Object.entries(config.tenants)
  return {
    now,
    randomBytes,
    log,
    lifecycle,
    publicUrl,
    keyring,
    swagger: config.swagger,
    build: buildInfo,
    hashing: platform.hashing,
    tenants: new TenantRegistry(tenants.map(([id, tenant]) => buildTenant(id, tenant, publicUrl))),
    clients: new ClientRegistry(
      new Map(
        tenants.map(([id, { clients }]) => [
          id,
          Object.entries(clients).map((entry) => buildClient(...entry)),
        ]),
      ),
      platform.hashing,
    ),
    secrets: new SecretChecker({
      hashing: platform.hashing,
      passwordHash: platform.passwordHash,
      atOnce: Math.max(1, platform.cores - 1),
      memoryKey: randomBytes(32),
    }),
  }
}
