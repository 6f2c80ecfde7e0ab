import { isTooLong, normalPassword } from '../../protocol/password/password.ts'
import { findAttributeFaults } from '../../protocol/people/person-attributes.ts'
import { normalEmail } from '../../protocol/people/username.ts'
import { isSlowHash } from '../formats.ts'
import type { TenantConfig } from '../tenant-schema.ts'
import type { UserConfig } from '../user-schema.ts'
import { type Path, renderPath } from '../yaml/read.ts'
import type { Source } from '../yaml/source.ts'
import { checkFound, findText, type SecretSources } from './client-secret.ts'
import { warnOfNamedFile } from './exposed-files.ts'
import type { Partly } from './partly.ts'
import { findPasswordTextFault, isKnownExample } from './secret-faults.ts'

/** Checks the rules between the people of a tenant, except for their passwords. */
export function checkUsers({ users, oidc }: Partly<TenantConfig>, path: Path, source: Source): void {
  if (!oidc && Object.keys(users ?? {}).length > 0) {
    const where = [...path, 'users']
    source.warn(where, `${renderPath(where)} has people, and nobody signs in at a tenant without oidc`)
  }
  const taken = { email: new Map<string, string>(), sub: new Map<string, string>() }
  for (const [key, user] of Object.entries(users ?? {})) {
    if (!user) continue
    const here = [...path, 'users', key]
    for (const name of ['email', 'sub'] as const) {
      const value = user[name]
      if (value) claim(taken[name], { value, key, path: [...here, name] }, source)
    }
    checkAttributes(user, here, source)
  }
}

/** Two people must not have one address or one id, because the one would be signed in as the other. */
function claim(
  taken: Map<string, string>,
  { value, key, path }: { readonly value: string; readonly key: string; readonly path: Path },
  source: Source,
): void {
  const normal = path.at(-1) === 'email' ? normalEmail(value) : value
  const other = taken.get(normal)
  if (other === undefined) taken.set(normal, key)
  else source.refuse(path, `${renderPath(path)} is ${value}, which is that of users.${other} too`)
}

function checkAttributes({ attributes }: Partly<UserConfig>, path: Path, source: Source): void {
  const refuse = (name: string | undefined, message: string) => {
    const where = [...path, 'attributes', ...(name === undefined ? [] : [name])]
    source.refuse(where, `${renderPath(where)} ${message}`)
  }
  for (const { name, message } of findAttributeFaults(attributes ?? {})) refuse(name, message)
}

/** The keys of a person that hold a password. */
const kinds = ['password', 'password_env', 'password_file', 'password_hash'] as const
const origins = { password: 'text', password_env: 'env', password_file: 'file' } as const

type UserPasswords = Pick<Partly<UserConfig>, (typeof kinds)[number]>

interface Placed {
  readonly user: Partly<UserConfig>
  readonly path: Path
}

/**
 * Returns the password of a person as a hash, from the one of the four keys that has it. Afterwards no password is in memory. A password
 * in clear becomes `sha256:<hex>` of its normal form, because a slow hash for each person would delay the start. Reports a fault and
 * leaves the hash out when no key or more than one is there, or the password cannot be read.
 */
export async function hashUserPassword(
  { user, path }: Placed,
  source: Source,
  sources: SecretSources,
): Promise<UserPasswords> {
  const none = { password: null, password_env: null, password_file: null, password_hash: null }
  const given = kinds.filter((kind) => user[kind] !== null)
  const [kind] = given
  if (given.length !== 1 || !kind) {
    const found = given.length === 0 ? 'none' : given.join(', ')
    source.refuse(path, `${renderPath(path)} wants exactly one of ${kinds.join(', ')}; it has ${found}`)
    return none
  }
  const place = { value: user[kind], path: [...path, kind], source, sources }
  const password_hash = kind === 'password_hash' ? checkHash(place) : await hashText(kind, place)
  return { ...none, password_hash }
}

interface Place {
  readonly value: string | null | undefined
  readonly path: Path
  readonly source: Source
  readonly sources: SecretSources
}

function checkHash({ value, path, source, sources: { platform } }: Place): string | undefined {
  if (!value) return undefined
  if (!isSlowHash(value) || value.startsWith('$pbkdf2') || platform.passwordHash) return value
  source.refuse(
    path,
    `${renderPath(path)} is a hash that this runtime cannot check; use PBKDF2, or run the executable`,
  )
  return undefined
}

async function hashText(
  kind: keyof typeof origins,
  { value, path, source, sources }: Place,
): Promise<string | undefined> {
  if (!value) return undefined
  const origin = origins[kind]
  const read = origin === 'text' ? { text: value } : await findText(origin, value, sources)
  const found = 'text' in read ? checkFound(read.text, { origin, value, check: findFault }) : read
  if ('fault' in found) {
    source.refuse(path, `${renderPath(path)} ${found.fault}`)
    return undefined
  }
  if (origin === 'text') warnOfClearText(found.text, path, source)
  if (origin === 'file') {
    const place = { source, files: sources.platform.files, resolve: sources.resolve }
    await warnOfNamedFile({ file: value, path, content: 'secret' }, place)
  }
  return `sha256:${sources.platform.hashing.sha256(normalPassword(found.text)).toHex()}`
}

function findFault(text: string): string | undefined {
  return isTooLong(text) ? 'has more than 1024 bytes' : findPasswordTextFault(text)
}

function warnOfClearText(text: string, path: Path, source: Source): void {
  const doubt = isKnownExample(text)
    ? 'is a known example, so anybody can sign in with it; choose one of your own'
    : 'is in clear, which is for trying out; write password_hash instead'
  source.warn(path, `${renderPath(path)} ${doubt}`)
}
