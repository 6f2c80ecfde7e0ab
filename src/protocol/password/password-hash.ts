/** The stored hash of a password of a person. */
export type PasswordHashText =
  /** Only of a password in clear in config.yaml, and only in memory. */
  | { readonly kind: 'sha256'; readonly digest: Uint8Array }
  | { readonly kind: 'argon2id' | 'bcrypt'; readonly text: string }
  | Pbkdf2Hash

/** RFC 8018 section 5.2, with HMAC of the digest. */
export interface Pbkdf2Hash {
  readonly kind: 'pbkdf2'
  readonly digest: 'SHA-1' | 'SHA-256' | 'SHA-512'
  readonly iterations: number
  readonly salt: Uint8Array<ArrayBuffer>
  readonly hash: Uint8Array
}

/** Bounds keep a hash of others from taking minutes or gigabytes at each try to sign in. */
const argon2id =
  /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/
const mostMemory = 1024 * 1024
/** KiB times passes: what libsodium calls sensitive. */
const mostWork = 4 * mostMemory
/** The base-2 logarithm of the rounds of bcrypt: some seconds. */
const mostRounds = 16
/** Bun checks no more of them. */
const mostLanes = 64
/** 16 bytes of salt and 23 of the hash, each without spare bits: a text with some is no whole hash, and Bun throws for it. */
const bcrypt = /^\$2[aby]\$(?:0[4-9]|1[0-6])\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{30}[.CGKOSWaeimquy26]$/
const pbkdf2 =
  /^\$pbkdf2(?:-(sha1|sha256|sha512))?\$(?:i=)?([1-9]\d{0,7})(?:,l=\d+)?\$([A-Za-z0-9+/.]{4,172}={0,2})\$([A-Za-z0-9+/.]{21,172}={0,2})$/
/** For all blocks of the hash together. */
const mostIterations = 10_000_000
/** Bytes of one block. */
const blockOf = { 'SHA-1': 20, 'SHA-256': 32, 'SHA-512': 64 } as const

const digests = { sha1: 'SHA-1', sha256: 'SHA-256', sha512: 'SHA-512' } as const

/**
 * Parses the text of a hash: `sha256:<hex>`; argon2id as in the PHC string format; bcrypt; or `$pbkdf2-sha512$i=210000$<salt>$<hash>` with
 * sha1, sha256 or sha512, base64 with or without padding, and `.` for `+` (as passlib writes it). Undefined for anything else, also for
 * costs beyond 1 GiB, 4 GiB times passes, 64 lanes, 2^16 rounds of bcrypt, or 10,000,000 iterations for all blocks of the hash.
 */
export function parsePasswordHash(text: string): PasswordHashText | undefined {
  const hex = /^sha256:([0-9a-f]{64})$/i.exec(text)?.[1]
  if (hex !== undefined) return { kind: 'sha256', digest: Uint8Array.fromHex(hex) }
  if (bcrypt.test(text)) return { kind: 'bcrypt', text }
  return parseArgon2id(text) ?? parsePbkdf2(text)
}

function parseArgon2id(text: string): PasswordHashText | undefined {
  const [, m, t, p, salt = '', hash = ''] = argon2id.exec(text) ?? []
  const [memory, passes, lanes] = [Number(m), Number(t), Number(p)]
  const isCost = isBearable(memory, passes) && lanes <= mostLanes && passes >= 1 && lanes >= 1
  const isEnough = memory >= 8 * lanes
  return isCost && isEnough && isWhole(salt) && isWhole(hash) ? { kind: 'argon2id', text } : undefined
}

/** `memory` is in KiB. */
function isBearable(memory: number, passes: number): boolean {
  return memory <= mostMemory && memory * passes <= mostWork
}

/** Whether a hash of argon2id or bcrypt stays within the costs that {@link parsePasswordHash} takes. True for every other text. */
export function hasBearableCost(text: string): boolean {
  const [, m, t] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),/.exec(text) ?? []
  const rounds = /^\$2[aby]\$(\d\d)\$/.exec(text)?.[1]
  return isBearable(Number(m ?? 0), Number(t ?? 0)) && Number(rounds ?? 0) <= mostRounds
}

/** What {@link isDearHash} compares with: each takes about a second of one core. Memory in KiB. */
const quick = { memory: 256 * 1024, work: 1024 * 1024, rounds: 14, iterations: 2_500_000 } as const

/**
 * Whether the check of a hash takes more than about a second of one core, or 256 MiB. Who may make others check such a hash can keep them
 * from signing in.
 */
export function isDearHash(text: string): boolean {
  const [, m = 0, t = 0] = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),/.exec(text) ?? []
  const rounds = /^\$2[aby]\$(\d\d)\$/.exec(text)?.[1] ?? 0
  const pbkdf2Hash = parsePbkdf2(text)
  const iterations = pbkdf2Hash ? iterationsOf(pbkdf2Hash) : 0
  const isArgonDear = Number(m) > quick.memory || Number(m) * Number(t) > quick.work
  return isArgonDear || Number(rounds) > quick.rounds || iterations > quick.iterations
}

/** Of all blocks of the hash together. */
function iterationsOf({
  iterations,
  hash,
  digest,
}: Pick<Pbkdf2Hash, 'iterations' | 'hash' | 'digest'>): number {
  return iterations * Math.ceil(hash.length / blockOf[digest])
}

/** Whether a text is base64 without spare bits and without padding. */
function isWhole(text: string): boolean {
  return decode(text)?.toBase64({ omitPadding: true }) === text
}

function parsePbkdf2(text: string): Pbkdf2Hash | undefined {
  const [, name = 'sha1', rounds, salt, hash] = pbkdf2.exec(text) ?? []
  const iterations = Number(rounds)
  if (salt === undefined || hash === undefined || !(iterations <= mostIterations)) return undefined
  const digest = digests[name === 'sha256' || name === 'sha512' ? name : 'sha1']
  const decoded = { salt: decode(salt), hash: decode(hash) }
  if (!decoded.salt || !decoded.hash || decoded.hash.length < 16) return undefined
  const found = { kind: 'pbkdf2', digest, iterations, salt: decoded.salt, hash: decoded.hash } as const
  return iterationsOf(found) > mostIterations ? undefined : found
}

function decode(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.fromBase64(text.replaceAll('.', '+'))
  } catch {
    return undefined
  }
}

function nameOf(digest: Pbkdf2Hash['digest']): string {
  return digest.replace('-', '').toLowerCase()
}

/** Writes a hash of PBKDF2 as {@link parsePasswordHash} reads it. */
export function renderPbkdf2({ digest, iterations, salt, hash }: Omit<Pbkdf2Hash, 'kind'>): string {
  const base64 = (bytes: Uint8Array) => bytes.toBase64({ omitPadding: true })
  return `$pbkdf2-${nameOf(digest)}$i=${iterations}$${base64(salt)}$${base64(hash)}`
}

/**
 * The algorithm and the parameters of a hash, which decide how long its check takes. It has neither salt nor hash in it. The length of a
 * PBKDF2 hash is one of them: twice as many bytes may take twice as long.
 */
export function costOfPassword(text: string): string {
  const parsed = parsePasswordHash(text)
  if (parsed?.kind === 'sha256') return 'sha256'
  if (parsed?.kind === 'pbkdf2')
    return `$pbkdf2-${nameOf(parsed.digest)}$i=${parsed.iterations},l=${parsed.hash.length}`
  return text
    .split('$')
    .slice(0, text.startsWith('$argon2') ? 4 : 3)
    .join('$')
}

/** A hash of this cost that no password has. */
export function dummyHash(cost: string): string {
  if (cost.startsWith('$2')) return `${cost}$${'.'.repeat(53)}`
  const zeros = (count: number) => new Uint8Array(count).toBase64({ omitPadding: true })
  const length = Number(/,l=(\d+)$/.exec(cost)?.[1] ?? 32)
  return `${cost}$${zeros(16)}$${zeros(length)}`
}
