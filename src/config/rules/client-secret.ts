import type { Platform } from '../../platform/platform.ts'
import { isPublic, usesSecrets } from '../../protocol/client-authentication.ts'
import type { ClientConfig, ClientSecretConfig } from '../client-schema.ts'
import { isSlowHash } from '../formats.ts'
import { type Path, renderPath } from '../yaml/read.ts'
import type { Source } from '../yaml/source.ts'
import { warnOfNamedFile } from './exposed-files.ts'
import { readNamedFile } from './named-file.ts'
import type { Partly } from './partly.ts'
import type { SecretDoubts } from './secret-doubts.ts'
import { findSecretDoubt, findSecretFault, isHashOfNothing } from './secret-faults.ts'
import { findWeakness } from './weak-secret.ts'

/** The keys of a client that hold a secret. */
const kinds = ['secret', 'secret_env', 'secret_file', 'secret_hash', 'secrets'] as const

/** The dependencies of finding a secret: the platform, and a function that makes a path of the file absolute. */
export interface SecretSources {
  readonly platform: Pick<Platform, 'environment' | 'files' | 'hashing' | 'passwordHash'>
  readonly resolve: (path: string) => string
}

interface ClientSecretSources extends SecretSources {
  readonly doubts: SecretDoubts
}

interface PlacedClient {
  readonly client: Partly<ClientConfig>
  readonly path: Path
}

/** Whether {@link hashClientSecrets} would change nothing. Most clients of a large configuration are of this kind. */
export function isHashedAlready(client: Partly<ClientConfig>): boolean {
  const { secret_hash } = client
  if (typeof secret_hash !== 'string' || isSlowHash(secret_hash) || isHashOfNothing(secret_hash)) return false
  return kinds.every((kind) => kind === 'secret_hash' || client[kind] === null)
}

/** The secret keys of a client after hashing. */
type HashedSecrets = Pick<Partly<ClientConfig>, (typeof kinds)[number]>

/**
 * Returns the secrets of a client as hashes, from the one of the five keys that has them. Afterwards no secret is in memory. Reports a
 * fault and leaves the hash out when no key or more than one is there, or the secret cannot be read.
 */
export async function hashClientSecrets(
  { client, path }: PlacedClient,
  source: Source,
  sources: ClientSecretSources,
): Promise<HashedSecrets> {
  const none = { secret: null, secret_env: null, secret_file: null, secret_hash: null, secrets: null }
  const given = kinds.filter((kind) => client[kind] !== null)
  const [kind] = given
  if (!usesSecrets(client.token_endpoint_auth_method)) {
    const where = [...path, kind ?? '']
    const wanted = isPublic(client.token_endpoint_auth_method)
      ? 'has no use with token_endpoint_auth_method: none; leave out one of the two'
      : 'has no use with private_key_jwt, wanted public keys alone'
    if (kind) source.refuse(where, `${renderPath(where)} ${wanted}`)
    return none
  }
  if (given.length !== 1 || !kind) {
    const found = given.length === 0 ? 'none' : given.join(', ')
    source.refuse(path, `${renderPath(path)} wants exactly one of ${kinds.join(', ')}; it has ${found}`)
    return none
  }
  if (kind === 'secrets') return { ...none, secrets: await hashList({ client, path }, source, sources) }
  const origin = origins[kind]
  const placed = { value: client[kind], path: [...path, kind], client: path, source, sources }
  const secret_hash = await hashOne(origin, placed)
  return { ...none, secret_hash }
}

type Origin = 'text' | 'env' | 'file' | 'hash'

const origins = { secret: 'text', secret_env: 'env', secret_file: 'file', secret_hash: 'hash' } as const

const listOrigins = ['hash', 'env', 'file'] as const

async function hashList(
  { client, path }: PlacedClient,
  source: Source,
  sources: ClientSecretSources,
): Promise<Partly<ClientSecretConfig>[]> {
  const hashed: Partly<ClientSecretConfig>[] = []
  const ids = new Set<string>()
  for (const [index, secret] of (client.secrets ?? []).entries()) {
    if (!secret) continue
    const here = [...path, 'secrets', index]
    if (secret.id !== undefined && ids.has(secret.id))
      source.refuse(
        [...here, 'id'],
        `${renderPath([...here, 'id'])} is ${secret.id}, as that of another secret is`,
      )
    if (secret.id !== undefined) ids.add(secret.id)
    checkSpan(secret, here, source)
    const given = listOrigins.filter((origin) => secret[origin] !== null)
    const [origin] = given
    if (given.length !== 1 || !origin) {
      const found = given.length === 0 ? 'none' : given.join(', ')
      source.refuse(
        here,
        `${renderPath(here)} wants exactly one of ${listOrigins.join(', ')}; it has ${found}`,
      )
      continue
    }
    const placed = { value: secret[origin], path: [...here, origin], client: path, source, sources }
    const hash = await hashOne(origin, placed)
    hashed.push({ ...secret, env: null, file: null, hash })
  }
  return hashed
}

function checkSpan({ not_before, expires_at }: Partly<ClientSecretConfig>, path: Path, source: Source): void {
  if (!not_before || !expires_at || Date.parse(not_before) < Date.parse(expires_at)) return
  source.refuse(
    [...path, 'expires_at'],
    `${renderPath([...path, 'expires_at'])} is ${expires_at}, wanted a time after not_before (${not_before})`,
  )
}

interface Placed {
  readonly value: string | null | undefined
  readonly path: Path
  /** The path of the client. */
  readonly client: Path
  readonly source: Source
  readonly sources: ClientSecretSources
}

/** Returns undefined and reports a fault when the secret cannot be read. */
async function hashOne(
  origin: Origin,
  { value, path, client, source, sources }: Placed,
): Promise<string | undefined> {
  if (!value) return undefined
  const refuse = (message: string) => source.refuse(path, `${renderPath(path)} ${message}`)
  if (origin === 'hash') {
    if (isHashOfNothing(value)) {
      refuse('is the hash of an empty text or of a line end; hash the secret itself')
      return undefined
    }
    if (!isSlowHash(value) || sources.platform.passwordHash) return value
    refuse('is a slow hash, which this runtime cannot check; use sha256:<hex>, or run the executable')
    return undefined
  }
  const found = origin === 'text' ? { text: value } : await findText(origin, value, sources)
  const secret = 'text' in found ? checkFound(found.text, { origin, value, check: findSecretFault }) : found
  if ('fault' in secret) {
    refuse(secret.fault)
    return undefined
  }
  const doubt = findSecretDoubt(secret.text) ?? findWeakness(secret.text)
  if (doubt !== undefined) sources.doubts.warn(client, path, `${nameOf(origin, value)}${doubt}`)
  if (origin === 'file') {
    const place = { source, files: sources.platform.files, resolve: sources.resolve }
    await warnOfNamedFile({ file: value, path, content: 'secret' }, place)
  }
  return `sha256:${sources.platform.hashing.sha256(secret.text).toHex()}`
}

/** Bytes. */
const largestSecretFile = 64 * 1024

type Found = { readonly text: string } | { readonly fault: string }

interface Named {
  readonly origin: Origin
  readonly value: string
}

/** The text, or the fault that `check` finds. The message names the source and never quotes the text. */
export function checkFound(
  text: string,
  { check, origin, value }: Named & { readonly check: (text: string) => string | undefined },
): Found {
  const fault = check(text)
  return fault === undefined ? { text } : { fault: `${nameOf(origin, value)}${fault}` }
}

function nameOf(origin: Origin, value: string): string {
  if (origin === 'env') return `names the environment variable ${value}, which `
  return origin === 'file' ? `names the file ${value}, which ` : ''
}

/** A secret from the environment or from a file, or a fault. */
export async function findText(
  origin: 'env' | 'file',
  value: string,
  { platform, resolve }: SecretSources,
): Promise<Found> {
  if (origin === 'env') {
    const text = platform.environment(value)
    if (text) return { text }
    return {
      fault: `${nameOf(origin, value)}${text === undefined ? 'is not set' : 'is empty'}; set it where grantd is started`,
    }
  }
  const read = await readNamedFile(value, { limit: largestSecretFile, files: platform.files, resolve })
  const found = 'fault' in read ? read : decode(read.bytes)
  return 'fault' in found ? { fault: `${nameOf(origin, value)}${found.fault}` } : found
}

/** The text of a file without its last line end. */
function decode(bytes: Uint8Array): Found {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '')
    return text === '' ? { fault: 'is empty; write the value into it' } : { text }
  } catch {
    return { fault: 'is not UTF-8; write it anew' }
  }
}
