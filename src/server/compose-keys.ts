import { clients } from '../clients/client-row.ts'
import { ConfigError } from '../config/fault.ts'
import { fillSettings } from '../config/fill-settings.ts'
import type { LoadedConfig } from '../config/load.ts'
import { readNamedFile } from '../config/rules/named-file.ts'
import { SigningSettings, type TenantSettings } from '../config/tenant-schema.ts'
import { findExposure } from '../exposure.ts'
import type { KeyHost } from '../keys/key-host.ts'
import type { KeyMaterial } from '../keys/key-material.ts'
import type { KeyPlan } from '../keys/key-plan.ts'
import { Keyring } from '../keys/keyring.ts'
import type { KeyringOptions } from '../keys/keyring-options.ts'
import { FileMaterial } from '../keys/material/file-material.ts'
import {
  MasterKeyError,
  type MasterKeys,
  masterKeyVariable,
  parseMasterKeys,
  refuseWithoutMasterKey,
} from '../keys/material/master-key.ts'
import { MemoryMaterial } from '../keys/material/memory-material.ts'
import { SealedMaterial } from '../keys/material/sealed-material.ts'
import type { KeyEvent } from '../keys/ring/key-event.ts'
import type { Log } from '../log.ts'
import type { Platform } from '../platform/platform.ts'
import { type SignatureAlgorithm, signatureAlgorithms } from '../protocol/algorithms.ts'
import type { AuditSink } from '../protocol/audit-events.ts'
import { tenantIdPattern } from '../protocol/names.ts'
import { onlyReadable, type Storage, systemTenant } from '../storage/storage.ts'
import { walkRows } from '../storage/walk-rows.ts'
import { settingsOf } from '../tenants/tenant.ts'
import { tenants } from '../tenants/tenant-row.ts'
import { endBeforeRestore } from '../tokens/revocations.ts'

type Files = Pick<Platform, 'files'>

/** Seconds that are added to the time for which verifiers may keep the JWK Set. */
const publishMargin = 300
/** Seconds within which every process finds new keys and publishes them in the JWK Set. */
const lookMargin = 10
/** Bytes. */
const largestMasterKeyFile = 64 * 1024
const pageSize = 500

/** The plan for the keys of a configured tenant; undefined if the tenant does not exist. */
export function findConfiguredPlan(tenantId: string, context: PlanContext): KeyPlan | undefined {
  const { loaded } = context
  const signing = loaded.config.tenants[tenantId]?.signing
  return (
    signing && {
      ...planSigning(tenantId, signing, context),
      kid: signing.kid,
      file: signing.private_key_file === null ? null : loaded.resolve(signing.private_key_file),
    }
  )
}

interface PlanContext {
  readonly loaded: LoadedConfig
  readonly platform: Files
}

function planSigning(tenantId: string, signing: SigningSettings, { loaded, platform }: PlanContext): KeyPlan {
  const { rotate_every, publish_ahead, jwks_max_age, modulus_length } = signing
  return {
    tenantId,
    algorithm: getAlgorithm(signing.algorithm),
    modulusLength: modulus_length,
    rotateEvery: rotate_every === null ? null : rotate_every * 1000,
    publishAhead: (publish_ahead === null ? jwks_max_age + publishMargin : publish_ahead + lookMargin) * 1000,
    jwksMaxAge: jwks_max_age,
    kid: null,
    file: null,
    folder: folderOf(tenantId, { loaded, platform }),
  }
}

function folderOf(
  tenantId: string,
  { loaded: { dataDir, storage }, platform }: { loaded: LoadedConfig; platform: Files },
): string | null {
  const keepsNothing = dataDir === undefined || storage.kind === 'memory'
  return keepsNothing ? null : platform.files.resolve(dataDir, 'keys', tenantId)
}

function getAlgorithm(name: string): SignatureAlgorithm {
  const [found] = Object.keys(signatureAlgorithms).filter(
    (known): known is SignatureAlgorithm => known === name,
  )
  if (found) return found
  throw new TypeError(`There is no signature algorithm ${name}`)
}

export interface ComposeKeyringOptions
  extends Pick<KeyringOptions, 'storage' | 'now' | 'monotonic' | 'atOnce' | 'onOpened'> {
  readonly log: Log
  readonly audit: AuditSink
  /** Default: the result of {@link openKeyMaterial}. */
  readonly material?: KeyMaterial
}

export type KeyringHost = KeyHost & Pick<Platform, 'environment' | 'hashing'>

/** The keyring of a configuration and of the tenants in the storage; opens no key yet. Throws as {@link openKeyMaterial}. */
export async function composeKeyring(
  loaded: LoadedConfig,
  platform: KeyringHost,
  options: ComposeKeyringOptions,
): Promise<Keyring> {
  const { log, audit, ...rest } = options
  return new Keyring({
    ...rest,
    host: platform,
    material: options.material ?? (await openKeyMaterial(loaded, platform)),
    findPlan: async (id) => {
      const configured = findConfiguredPlan(id, { loaded, platform })
      // A key of the operator is older than a restored database, and what it signed before may have been revoked.
      if (configured && configured.file !== null) await endBeforeRestore(options.storage, id)
      return configured ?? findStoredPlan(id, { loaded, platform, storage: options.storage })
    },
    folderOf: (id) => folderOf(id, { loaded, platform }),
    longestTokenLife: (id) => findLongestTokenLife(id, loaded, options.storage),
    onEvent: (event) => reportKeyEvent(event, log, audit),
  })
}

async function findStoredPlan(
  tenantId: string,
  { loaded, platform, storage }: { loaded: LoadedConfig; platform: Files; storage: Storage },
): Promise<KeyPlan | undefined> {
  // The id may come from a row that was written by hand. It becomes the name of a folder, so its form must be safe.
  if (!tenantIdPattern.test(tenantId)) return undefined
  const found = await storage.of(systemTenant).of(tenants).find(tenantId)
  if (!found) return undefined
  const { created_at: generation } = found.value
  const signing = fillSettings(SigningSettings, found.value.signing ?? {})
  const plan = { ...planSigning(tenantId, signing, { loaded, platform }), generation }
  // With Postgres, a key file belongs to a tenant of config.yaml, and never to a stored tenant of the same id.
  return loaded.storage.kind === 'postgres' ? { ...plan, folder: null } : plan
}

/**
 * Opens the store of the private keys. Runs before the storage is opened, because a missing master key is a fault of the configuration
 * and should be reported even if the database is away. Throws MasterKeyError without a master key, and ConfigError for a wrong file.
 */
export async function openKeyMaterial(loaded: LoadedConfig, platform: KeyringHost): Promise<KeyMaterial> {
  if (loaded.storage.kind === 'postgres')
    return new SealedMaterial(platform, (await loadMasterKeys(loaded, platform)) ?? refuseWithoutMasterKey())
  const keepsNothing = loaded.dataDir === undefined || loaded.storage.kind === 'memory'
  return keepsNothing ? new MemoryMaterial(platform) : new FileMaterial(platform)
}

/** The master keys from master_key_file, or otherwise from the environment; undefined if there are none. Throws as above. */
async function loadMasterKeys(
  { config, resolve, faultAt }: LoadedConfig,
  { files, environment, hashing, onExposure }: KeyringHost,
): Promise<MasterKeys | undefined> {
  const { master_key_file } = config
  if (master_key_file === null) {
    const text = environment(masterKeyVariable)
    return text ? parseMasterKeys(text, { source: masterKeyVariable, hashing }) : undefined
  }
  const refuse = async (fault: string) =>
    new ConfigError([
      await faultAt(['master_key_file'], `master_key_file names the file ${master_key_file}${fault}`),
    ])
  const path = resolve(master_key_file)
  // A file that cannot be looked at is read, and the fault says why.
  const facts = await files.facts(path).catch(() => undefined)
  const exposure = facts && findExposure(path, { content: 'given-key', facts, runner: files })
  if (exposure?.gravity === 'refuse') throw await refuse(`, which ${exposure.complaint}`)
  if (exposure) onExposure?.(exposure)
  const read = await readNamedFile(master_key_file, { limit: largestMasterKeyFile, files, resolve })
  if ('fault' in read) throw await refuse(`, which ${read.fault}`)
  try {
    return parseMasterKeys(new TextDecoder().decode(read.bytes), { source: path, hashing })
  } catch (cause) {
    throw cause instanceof MasterKeyError ? await refuse(`: ${cause.message}`) : cause
  }
}

/** The longest life (ms) of a token or an API key of the tenant; null: an API key may live for ever. */
async function findLongestTokenLife(
  tenantId: string,
  { config }: LoadedConfig,
  storage: Storage,
): Promise<number | null> {
  const configured = config.tenants[tenantId]
  const tenant = configured ?? (await findStoredSettings(tenantId, storage))
  // A configured tenant may have settings of API keys although API keys are disabled.
  const isOff = configured?.api_keys?.enabled === false
  const apiKeys = isOff ? undefined : tenant?.api_keys
  if (apiKeys && apiKeys.max_ttl === null) return null
  const lives = [
    tenant?.oauth2?.access_token_ttl ?? 0,
    tenant?.oidc?.id_token_ttl ?? 0,
    apiKeys?.max_ttl ?? 0,
    ...Object.values(configured?.clients ?? {}).map(({ access_token_ttl }) => access_token_ttl ?? 0),
    await findLongestStored(tenantId, storage),
  ]
  return lives.reduce((longest, life) => Math.max(longest, life), 0) * 1000
}

async function findStoredSettings(tenantId: string, storage: Storage): Promise<TenantSettings | undefined> {
  const found = await storage.of(systemTenant).of(tenants).find(tenantId)
  return found && settingsOf(found.value)
}

/** The longest access_token_ttl (seconds) of the clients in the storage. */
async function findLongestStored(tenantId: string, storage: Storage): Promise<number> {
  let longest = 0
  for await (const page of walkRows(storage.of(tenantId).of(clients), { pageSize })) {
    // A client with a damaged row gets no new token. The ring has noted the life of its earlier tokens.
    for (const { value } of onlyReadable(page)) longest = Math.max(longest, value.access_token_ttl ?? 0)
  }
  return longest
}

/** The log messages of key events. `first` has none, because a first key is logged when it is opened. */
const messages = {
  first: undefined,
  created: 'a signing key was made',
  activated: 'a signing key signs from now on',
  retired: 'a signing key signs no more',
  removed: 'a signing key was removed from the JWK Set',
} as const

const auditTypes = {
  first: 'key.created',
  created: 'key.created',
  activated: 'key.activated',
  retired: undefined,
  removed: 'key.removed',
} as const

function reportKeyEvent(event: KeyEvent, log: Log, audit: AuditSink): void {
  const { kind, tenantId, kid, actor, actorTenant } = event
  const message = messages[kind]
  if (message) log('info', message, { tenant: tenantId, kid })
  const type = auditTypes[kind]
  const detail = { kid, ...(actorTenant !== undefined && { actor_tenant: actorTenant }) }
  if (type) audit.record({ type, tenant: tenantId, outcome: 'success', actor, detail })
}
