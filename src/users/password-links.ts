import type { Hashing } from '../platform/hashing.ts'
import { base64url } from '../protocol/base64url.ts'
import type { Storage } from '../storage/storage.ts'
import type { StoredUser, UserRow } from './stored-person.ts'
import { users } from './user-row.ts'

/** A link on which a person chooses a password. It is good once, for a day. */
const linkLife = 86_400_000

export interface LinkDeps {
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly hashing: Pick<Hashing, 'sha256' | 'equal'>
}

/** Makes a link: its secret, which is shown once, and what the row keeps. */
export function makeLink({
  now,
  hashing,
  randomBytes,
}: LinkDeps & { readonly randomBytes: (count: number) => Uint8Array }): {
  readonly secret: string
  readonly stored: NonNullable<StoredUser['link']>
} {
  const secret = base64url(randomBytes(32))
  return { secret, stored: { hash: hashOf(secret, hashing), expires_at: now() + linkLife } }
}

/** The value of `link` in the URL. */
export function renderLink(sub: string, secret: string): string {
  return `${sub}.${secret}`
}

/** The path and query of the page on which a person chooses a password. */
export function linkPath(tenantPath: string, link: string): string {
  return `${tenantPath}/account/password?link=${encodeURIComponent(link)}`
}

/** Returns the row of the active person whose open link this is; undefined for every other text. Throws StorageError. */
export async function findByLink(
  tenantId: string,
  link: string,
  { storage, ...deps }: LinkDeps & { readonly storage: Storage },
): Promise<UserRow | undefined> {
  const at = link.lastIndexOf('.')
  if (at < 1) return undefined
  const row = await storage.of(tenantId).of(users).find(link.slice(0, at))
  return row && isOpen(row.value, link.slice(at + 1), deps) ? row : undefined
}

function isOpen({ link, active }: StoredUser, secret: string, { now, hashing }: LinkDeps): boolean {
  if (!active || link === null || link.expires_at <= now()) return false
  const encoder = new TextEncoder()
  return hashing.equal(encoder.encode(hashOf(secret, hashing)), encoder.encode(link.hash))
}

function hashOf(secret: string, hashing: Pick<Hashing, 'sha256'>): string {
  return hashing.sha256(secret).toHex()
}
