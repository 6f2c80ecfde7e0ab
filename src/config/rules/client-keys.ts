import { usesKeys } from '../../protocol/client-authentication.ts'
import { type ClientJwks, parseClientJwks } from '../../protocol/client-jwks.ts'
import { parseJson } from '../../protocol/members.ts'
import type { ClientConfig } from '../client-schema.ts'
import { type Path, renderPath } from '../yaml/read.ts'
import type { Source } from '../yaml/source.ts'
import { findText, type SecretSources } from './client-secret.ts'
import { warnOfNamedFile } from './exposed-files.ts'
import type { Partly } from './partly.ts'

const kinds = ['jwks', 'jwks_file'] as const

interface PlacedClient {
  readonly client: Partly<ClientConfig>
  readonly path: Path
}

/** The keys of a client after reading. The keys of a file are in `jwks`, like keys in the configuration. */
export interface ReadKeys {
  readonly jwks: ClientJwks | null | undefined
  readonly jwks_file: null
}

/** Whether {@link readClientKeys} has nothing to do: the client uses a secret and has no keys, or its faults are reported already. */
export function hasNoKeys(client: Partly<ClientConfig>): boolean {
  const { token_endpoint_auth_method: method } = client
  const isFaulty = method === undefined || kinds.some((kind) => client[kind] === undefined)
  return isFaulty || (!usesKeys(method) && kinds.every((kind) => client[kind] === null))
}

/**
 * Returns the public keys of a client of private_key_jwt, from `jwks` or from its file. Reports keys that are missing, private or broken,
 * and keys of a client that uses a secret.
 */
export async function readClientKeys(
  { client, path }: PlacedClient,
  source: Source,
  sources: SecretSources,
): Promise<ReadKeys> {
  const given = kinds.filter((kind) => client[kind] !== null)
  const found = given.length === 0 ? 'none' : given.join(', ')
  if (!usesKeys(client.token_endpoint_auth_method)) {
    const where = [...path, given[0] ?? '']
    source.refuse(where, `${renderPath(where)} wants token_endpoint_auth_method: private_key_jwt beside it`)
    return { jwks: undefined, jwks_file: null }
  }
  if (given.length !== 1) {
    const message = `${renderPath(path)} wants exactly one of ${kinds.join(', ')} for private_key_jwt; it has ${found}`
    source.refuse(path, message)
    return { jwks: undefined, jwks_file: null }
  }
  const file = client.jwks_file
  const jwks = file
    ? await readFile(file, { path: [...path, 'jwks_file'], source, sources })
    : checkInline(client.jwks, [...path, 'jwks'], source)
  return { jwks, jwks_file: null }
}

function checkInline(value: unknown, path: Path, source: Source): ClientJwks | undefined {
  const parsed = parseClientJwks(value)
  if (!('faults' in parsed)) return parsed
  for (const { path: inside, message } of parsed.faults) {
    const where = [...path, ...inside]
    source.refuse(where, `${renderPath(where)} ${message}`)
  }
  return undefined
}

interface NamedFile {
  readonly path: Path
  readonly source: Source
  readonly sources: SecretSources
}

async function readFile(file: string, { path, source, sources }: NamedFile): Promise<ClientJwks | undefined> {
  const refuse = (message: string) => source.refuse(path, `${renderPath(path)} ${message}`)
  const found = await findText('file', file, sources)
  if ('fault' in found) {
    refuse(found.fault)
    return undefined
  }
  const parsed = parseClientJwks(parseJson(found.text))
  if ('faults' in parsed) {
    for (const { path: inside, message } of parsed.faults)
      refuse(`names the file ${file}, whose ${renderPath(inside) || 'content'} ${message}`)
    return undefined
  }
  // Users who can write to the file can authenticate as this client.
  const place = { source, files: sources.platform.files, resolve: sources.resolve }
  await warnOfNamedFile({ file, path, content: 'settings' }, place)
  return parsed
}
