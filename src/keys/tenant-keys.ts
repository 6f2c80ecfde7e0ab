import type { JwkSet } from '../protocol/messages.ts'
import type { Ring } from './rotation.ts'
import { importVerifyingKey, type SigningKey, type VerifyingKey } from './signing-key.ts'

/** The keys of one tenant. */
export interface TenantKeys {
  /** The key that signs. Throws UnavailableError while this process cannot know that it still may. */
  readonly active: SigningKey
  /** The key that `kid` names, whether it signs, will sign or has signed; undefined for any other. */
  find(kid: string): VerifyingKey | undefined
  /** Like {@link find}, after a look whether another process made such a key meanwhile. Throws StorageError. */
  lookUp(kid: string): Promise<VerifyingKey | undefined>
  /** The key that signs first, then the others. */
  readonly jwks: JwkSet
  /** Seconds that verifiers may keep `jwks`. */
  readonly jwksMaxAge: number
}

export interface TenantKeysParts {
  /** The key that signs first, then the others. */
  readonly published: readonly VerifyingKey[]
  readonly jwksMaxAge: number
  /** The key that signs; throws when none may. */
  readonly getSigning: () => SigningKey
  readonly lookUp: (kid: string) => Promise<VerifyingKey | undefined>
}

export function createTenantKeys({ published, jwksMaxAge, getSigning, lookUp }: TenantKeysParts): TenantKeys {
  const byKid = new Map(published.map((key) => [key.kid, key]))
  return {
    get active() {
      return getSigning()
    },
    find: (kid) => byKid.get(kid),
    lookUp: async (kid) => byKid.get(kid) ?? (await lookUp(kid)),
    jwks: { keys: published.map(({ jwk }) => jwk) },
    jwksMaxAge,
  }
}

/** The keys of a ring as they verify, the active one first; `signing` stands for itself. */
export async function importPublished(
  { keys }: Ring,
  signing: SigningKey | undefined,
): Promise<VerifyingKey[]> {
  const first = keys.filter(({ state }) => state === 'active')
  const others = keys.filter(({ state }) => state !== 'active')
  return Promise.all(
    [...first, ...others].map((key) =>
      signing && isSameKey(key, signing) ? signing : importVerifyingKey(key.jwk, key),
    ),
  )
}

/** Whether two keys are one: the same kid and the same public half. */
export function isSameKey(
  a: Pick<VerifyingKey, 'kid' | 'jwk'>,
  b: Pick<VerifyingKey, 'kid' | 'jwk'>,
): boolean {
  return a.kid === b.kid && a.jwk.n === b.jwk.n && a.jwk.x === b.jwk.x && a.jwk.y === b.jwk.y
}
