import { FileError, type Platform } from '../platform/platform.ts'
import type { Partly } from './check.ts'
import { isSlowHash } from './formats.ts'
import { type Path, renderPath } from './read.ts'
import type { ClientConfig } from './schema.ts'
import type { Source } from './source.ts'

const kinds = ['secret', 'secret_env', 'secret_file', 'secret_hash'] as const

/** What finding a secret takes: the runtime, and the way from a path in the file to one of the system. */
export interface SecretSources {
  readonly platform: Pick<Platform, 'environment' | 'files' | 'hashing' | 'passwordHash'>
  readonly resolve: (path: string) => string
}

/**
 * The hash of a client's secret, from whichever of the four keys holds it, so that the secret itself stays
 * nowhere. Reports a fault and answers undefined when there is none, or more than one, or it cannot be had.
 */
export async function resolveSecretHash(
  { client, path }: { client: Partly<ClientConfig>; path: Path },
  source: Source,
  sources: SecretSources,
): Promise<string | undefined> {
  const given = kinds.filter((kind) => client[kind] !== null)
  const [kind] = given
  if (given.length !== 1 || !kind) {
    const found = given.length === 0 ? 'none' : given.join(', ')
    source.refuse(path, `${renderPath(path)} wants exactly one of ${kinds.join(', ')}; it has ${found}`)
    return undefined
  }
  const value = client[kind]
  if (!value) return undefined
  const refuse = (message: string) =>
    source.refuse([...path, kind], `${renderPath([...path, kind])} ${message}`)
  if (kind === 'secret_hash') {
    if (!isSlowHash(value) || sources.platform.passwordHash) return value
    refuse('is a slow hash, which this runtime cannot check; use sha256:<hex>, or run the executable')
    return undefined
  }
  const secret = await findSecret(kind, value, sources)
  if ('fault' in secret) {
    refuse(secret.fault)
    return undefined
  }
  return `sha256:${sources.platform.hashing.sha256(secret.text).toHex()}`
}

/** Bytes. */
const largestSecretFile = 64 * 1024

type Found = { readonly text: string } | { readonly fault: string }

async function findSecret(
  kind: 'secret' | 'secret_env' | 'secret_file',
  value: string,
  { platform, resolve }: SecretSources,
): Promise<Found> {
  if (kind === 'secret') return { text: value }
  if (kind === 'secret_env') {
    const text = platform.environment(value)
    if (text === undefined) return { fault: `names the environment variable ${value}, which is not set` }
    return text === '' ? { fault: `names the environment variable ${value}, which is empty` } : { text }
  }
  try {
    const bytes = await platform.files.readSmall(resolve(value), largestSecretFile)
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '')
    return text === '' ? { fault: `names the file ${value}, which is empty` } : { text }
  } catch (cause) {
    const reason = cause instanceof FileError ? cause.code : 'it is not UTF-8'
    return { fault: `names the file ${value}, which cannot be read: ${reason}` }
  }
}
