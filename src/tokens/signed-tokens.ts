import type { VerifyingKey } from '../keys/signing-key.ts'
import type { Hashing } from '../platform/hashing.ts'

/** The most remembered tokens. At 16 bytes each, they take one megabyte. */
const places = 65_536
/** Places of a bucket. A fifth token replaces the oldest. */
const perBucket = 4
const wordsPerPlace = 4
const wordsPerBucket = perBucket * wordsPerPlace
const buckets = places / perBucket

export interface SignedTokensOptions {
  readonly hashing: Hashing
  /** A secret of the process, so that an attacker cannot search for a token with the digest of another one. */
  readonly secret: Uint8Array
}

/**
 * Remembers the tokens that this process signed recently, so that their signatures need no check. It keeps 128 bits of a keyed digest of
 * each token, and nothing of its content. The README.md of tokens says how much it saves.
 */
export class SignedTokens {
  readonly #hashing: Hashing
  readonly #secret: Uint8Array
  /** Numbers of the keys, in the order of their first tokens. A key that is read again is another object and gets another number. */
  readonly #numbers = new WeakMap<VerifyingKey, number>()
  #lastNumber = 0
  readonly #words = new Uint32Array(places * wordsPerPlace)

  constructor({ hashing, secret }: SignedTokensOptions) {
    this.#hashing = hashing
    this.#secret = secret
  }

  remember(token: string, key: VerifyingKey): void {
    const digest = this.#digest(token, key)
    const start = toBucket(digest)
    // Puts the newest in front.
    this.#words.copyWithin(start + wordsPerPlace, start, start + wordsPerBucket - wordsPerPlace)
    for (let word = 0; word < wordsPerPlace; word++) this.#words[start + word] = toWord(digest, word)
  }

  /** Whether this process signed exactly this token with this key, and still remembers it. */
  has(token: string, key: VerifyingKey): boolean {
    const digest = this.#digest(token, key)
    const start = toBucket(digest)
    for (let place = 0; place < perBucket; place++) {
      if (this.#isAt(start + place * wordsPerPlace, digest)) return true
    }
    return false
  }

  #isAt(start: number, digest: Uint8Array): boolean {
    for (let word = 0; word < wordsPerPlace; word++) {
      if (this.#words[start + word] !== toWord(digest, word)) return false
    }
    return true
  }

  #digest(token: string, key: VerifyingKey): Uint8Array {
    return this.#hashing.hmacSha256(this.#secret, `${this.#numberOf(key)}.${token}`)
  }

  #numberOf(key: VerifyingKey): number {
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    this.#numbers.set(key, ++this.#lastNumber)
    return this.#lastNumber
  }
}

function toWord(digest: Uint8Array, word: number): number {
  const at = word * Uint32Array.BYTES_PER_ELEMENT
  const [a = 0, b = 0, c = 0, d = 0] = [digest[at], digest[at + 1], digest[at + 2], digest[at + 3]]
  return ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
}

/** Chooses the bucket by a word of the digest that is not kept. */
function toBucket(digest: Uint8Array): number {
  return (toWord(digest, wordsPerPlace) % buckets) * wordsPerBucket
}
