import type { JwkSet } from '../protocol/messages.ts'
import type { Ring } from './ring/rotation.ts'
import { importVerifyingKey, type SigningKey, type VerifyingKey } from './signing-key.ts'

/** The keys of one tenant. */
export interface TenantKeys {
  /** The key that signs. Throws UnavailableError while this process cannot know whether the key may still sign. */
  readonly active: SigningKey
  /** Finds the key of a kid: one that signs, will sign or has signed. */
  find(kid: string): VerifyingKey | undefined
  /** Like {@link find}, and asks the storage for a key that another process made meanwhile. Throws StorageError. */
  lookUp(kid: string): Promise<VerifyingKey | undefined>
  /** The public keys: the active one first, then the others. */
  readonly jwks: JwkSet
  /** Seconds for which verifiers may keep `jwks`. */
  readonly jwksMaxAge: number
}

/** Knows the current state of an opened ring. */
export interface RingWatch<Opened> {
  /** Throws when no key may sign. */
  getSigning(opened: Opened): SigningKey
  lookUp(opened: Opened, kid: string): Promise<VerifyingKey | undefined>
}

export interface OpenedKeysParts<Opened> {
  readonly opened: Opened
  /** The published keys: the active one first, then the others. */
  readonly published: readonly VerifyingKey[]
  readonly jwksMaxAge: number
  readonly watch: RingWatch<Opened>
}

/** The keys of an opened ring. The object is small and has no closures, because there is one for each tenant. */
export class OpenedKeys<Opened> implements TenantKeys {
  readonly jwksMaxAge: number
  readonly #opened: Opened
  readonly #published: readonly VerifyingKey[]
  readonly #watch: RingWatch<Opened>

  constructor({ opened, published, jwksMaxAge, watch }: OpenedKeysParts<Opened>) {
    this.jwksMaxAge = jwksMaxAge
    this.#opened = opened
    this.#published = published
    this.#watch = watch
  }

  get active(): SigningKey {
    return this.#watch.getSigning(this.#opened)
  }

  get jwks(): JwkSet {
    return { keys: this.#published.map(({ jwk }) => jwk) }
  }

  find(kid: string): VerifyingKey | undefined {
    return this.#published.find((key) => key.kid === kid)
  }

  async lookUp(kid: string): Promise<VerifyingKey | undefined> {
    return this.find(kid) ?? (await this.#watch.lookUp(this.#opened, kid))
  }
}

/** Imports the keys of a ring for verifying, the active one first. `signing` is used as it is. */
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

/** Whether two keys have the same kid and the same public half. */
export function isSameKey(
  a: Pick<VerifyingKey, 'kid' | 'jwk'>,
  b: Pick<VerifyingKey, 'kid' | 'jwk'>,
): boolean {
  return a.kid === b.kid && a.jwk.n === b.jwk.n && a.jwk.x === b.jwk.x && a.jwk.y === b.jwk.y
}
