import { FileError } from '../../platform/files.ts'
import type { Platform } from '../../platform/platform.ts'
import type { ClientConfig, ClientSecretConfig } from '../client-schema.ts'
import { isSlowHash } from '../formats.ts'
import { type Path, renderPath } from '../yaml/read.ts'
import type { Source } from '../yaml/source.ts'
import type { Partly } from './check.ts'
import { warnOfNamedFile } from './exposed-files.ts'
import type { SecretDoubts } from './secret-doubts.ts'
import { findSecretDoubt, findSecretFault, isHashOfNothing } from './secret-faults.ts'
import { findWeakness } from './weak-secret.ts'

const kinds = ['secret', 'secret_env', 'secret_file', 'secret_hash', 'secrets'] as const

/** What finding a secret takes: the runtime, and the way from a path in the file to one of the system. */
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

/** Whether the client is as {@link hashClientSecrets} would make it: most are, where there are many. */
export function isHashedAlready(client: Partly<ClientConfig>): boolean {
  const { secret_hash } = client
  if (typeof secret_hash !== 'string' || isSlowHash(secret_hash) || isHashOfNothing(secret_hash)) return false
  return kinds.every((kind) => kind === 'secret_hash' || client[kind] === null)
}

/** What of a client is left once its secrets are hashes. */
type HashedSecrets = Pick<Partly<ClientConfig>, (typeof kinds)[number]>

/**
 * The secrets of a client as hashes, from whichever of the five keys holds them, so that no secret itself stays anywhere.
 * Reports a fault and leaves a hash out when there is none, or more than one, or it cannot be had.
 */
export async function hashClientSecrets(
  { client, path }: PlacedClient,
  source: Source,
  sources: ClientSecretSources,
): Promise<HashedSecrets> {
  const none = { secret: null, secret_env: null, secret_file: null, secret_hash: null, secrets: null }
  const given = kinds.filter((kind) => client[kind] !== null)
  const [kind] = given
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
  /** The path of the client whose secret it is. */
  readonly client: Path
  readonly source: Source
  readonly sources: ClientSecretSources
}

/** Undefined when it cannot be had, which is then reported. */
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

/** The text, or what `check` finds wrong with it, in words that name where it comes from and never quote it. */
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

/** A secret text from the environment or from a file, or what is wrong with it. */
export async function findText(
  origin: 'env' | 'file',
  value: string,
  { platform, resolve }: SecretSources,
): Promise<Found> {
  if (origin === 'env') {
    const text = platform.environment(value)
    if (text) return { text }
    return { fault: `${nameOf(origin, value)}${text === undefined ? 'is not set' : 'is empty'}` }
  }
  try {
    const bytes = await platform.files.readSmall(resolve(value), largestSecretFile)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '')
    return text === '' ? { fault: `${nameOf(origin, value)}is empty` } : { text }
  } catch (cause) {
    const reason = cause instanceof FileError ? cause.code : 'it is not UTF-8'
    return { fault: `${nameOf(origin, value)}cannot be read: ${reason}` }
  }
}
