import { type KeyKind, signatureAlgorithms, smallestRsaModulus } from './algorithms.ts'
import { isOnCurve, isSmallOrder } from './curve-points.ts'
import { isMembers, type Members } from './members.ts'

/**
 * The algorithms of assertions: the algorithms of signatures, and Ed25519, the newer name of EdDSA (RFC 9864) that current libraries send.
 */
export const assertionAlgorithms = { ...signatureAlgorithms, Ed25519: signatureAlgorithms.EdDSA } as const
export type AssertionAlgorithm = keyof typeof assertionAlgorithms

/** A public key of a client as a JWK (RFC 7517). It has only the members that verification needs. */
export interface ClientJwk {
  readonly kty: KeyKind['kty']
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly n?: string
  readonly e?: string
  readonly kid?: string
  readonly alg?: AssertionAlgorithm
}

/** The public keys of a client (RFC 7517 section 5). */
export interface ClientJwks {
  readonly keys: readonly ClientJwk[]
}

/** A fault of a JWK Set: its place, and a predicate such as `is not ...`. It never repeats a value. */
export interface JwksFault {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** The most keys of one client. The number is bounded, because each key may be tried for an assertion without a kid. */
export const mostClientKeys = 20
/** Bits. Larger moduli make verification slow, and any caller can cause a verification. */
const largestRsaModulus = 8192
export const longestClientKid = 256

/** The members of private and of symmetric keys (RFC 7518 section 6). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'] as const

const algorithms = Object.entries<KeyKind>(assertionAlgorithms) as [AssertionAlgorithm, KeyKind][]

/** The algorithms that a key can verify: only its `alg` if it has one, otherwise all of its kind. */
export function algorithmsOf({ kty, crv, alg }: ClientJwk): readonly AssertionAlgorithm[] {
  return algorithms
    .filter(
      ([name, kind]) => kind.kty === kty && kind.crv === crv && (alg === undefined || isSame(alg, name)),
    )
    .map(([name]) => name)
}

/** Whether two names mean one algorithm, because Ed25519 has two names. */
function isSame(a: AssertionAlgorithm, b: AssertionAlgorithm): boolean {
  return a === b || assertionAlgorithms[a].kty + assertionAlgorithms[b].kty === 'OKPOKP'
}

/** Parses the JWK Set of a client, from config.yaml, a file or a request. Returns every fault if there is one. */
export function parseClientJwks(value: unknown): ClientJwks | { readonly faults: readonly JwksFault[] } {
  const entries = isMembers(value) ? value['keys'] : undefined
  if (!Array.isArray(entries) || isSingleKey(value)) return { faults: findSetFaults(value) }
  if (entries.length === 0 || entries.length > mostClientKeys) {
    return {
      faults: [{ path: ['keys'], message: `has ${entries.length} keys, wanted 1 to ${mostClientKeys}` }],
    }
  }
  const found = entries.map((entry: unknown, index) => parseKey(entry, index))
  const faults = [...found.flatMap((each) => ('faults' in each ? each.faults : [])), ...findTwins(found)]
  return faults.length > 0 ? { faults } : { keys: found.flatMap((each) => ('key' in each ? [each.key] : [])) }
}

/** Whether the value is a single key in place of a set. It may also have `keys`, because a merge patch adds its members to the old set. */
function isSingleKey(value: unknown): value is Members {
  return isMembers(value) && 'kty' in value
}

/** Finds the faults of the set itself. A single key in place of a set comes first, because it is often a private key. */
function findSetFaults(value: unknown): JwksFault[] {
  const message = 'is no JWK Set, wanted an object with a list keys'
  if (!isSingleKey(value)) return [{ path: [], message }]
  const known = findPrivateMembers(value).map(([member, fault]) => ({ path: [member], message: fault }))
  return [...known, { path: [], message: `${message}; this is a single key` }]
}

type ParsedKey = { readonly key: ClientJwk } | { readonly faults: readonly JwksFault[] }

function parseKey(entry: unknown, index: number): ParsedKey {
  const at = ['keys', index]
  if (!isMembers(entry)) return { faults: [{ path: at, message: 'is no key, wanted a JWK (RFC 7517)' }] }
  const faults = findMemberFaults(entry).map(([member, message]) => ({
    path: member === '' ? at : [...at, member],
    message,
  }))
  return faults.length > 0 ? { faults } : { key: pickPublic(entry) }
}

/** Finds keys with the same kid, because an assertion could not say which one it means. */
function findTwins(found: readonly ParsedKey[]): JwksFault[] {
  const seen = new Set<string>()
  return found.flatMap((each, index) => {
    const kid = 'key' in each ? each.key.kid : undefined
    if (kid === undefined) return []
    if (seen.has(kid)) return [{ path: ['keys', index, 'kid'], message: 'is the kid of another key too' }]
    seen.add(kid)
    return []
  })
}

type MemberFault = readonly [member: string, message: string]

function findMemberFaults(jwk: Members): MemberFault[] {
  const secret = findPrivateMembers(jwk)
  return secret.length > 0 ? secret : [...findKindFaults(jwk), ...findUseFaults(jwk)]
}

function findPrivateMembers(jwk: Members): MemberFault[] {
  return privateMembers
    .filter((name) => Object.hasOwn(jwk, name))
    .map((name) => [
      name,
      'is part of a private key, wanted the public key alone; a private key that was written here is known, so make a new one',
    ])
}

function findUseFaults({ kid, alg, use, key_ops, kty, crv }: Members): MemberFault[] {
  const faults: MemberFault[] = []
  if (kid !== undefined && !(typeof kid === 'string' && isClientKid(kid)))
    faults.push(['kid', `is not usable, wanted 1 to ${longestClientKid} printable ASCII characters`])
  if (use !== undefined && use !== 'sig') faults.push(['use', 'is not sig: the key is not for signatures'])
  if (key_ops !== undefined && !(Array.isArray(key_ops) && key_ops.includes('verify')))
    faults.push(['key_ops', 'does not have verify: the key is not for signatures'])
  const fitting = algorithms
    .filter(([, kind]) => kind.kty === kty && (kty === 'RSA' || kind.crv === crv))
    .map(([name]) => name)
  if (alg !== undefined && fitting.length > 0 && !fitting.some((name) => name === alg))
    faults.push(['alg', `does not fit the key, wanted one of ${fitting.join(' ')}`])
  return faults
}

function findKindFaults(jwk: Members): MemberFault[] {
  switch (jwk['kty']) {
    case 'RSA':
      return findRsaFaults(jwk)
    case 'EC':
      return findCurveFaults(jwk, { 'P-256': 32, 'P-384': 48 }, ['x', 'y'])
    case 'OKP':
      return findCurveFaults(jwk, { Ed25519: 32 }, ['x'])
    default:
      return [
        [
          'kty' in jwk ? 'kty' : '',
          'is not of a kind that verifies here, wanted a key with kty RSA, EC or OKP',
        ],
      ]
  }
}

function findRsaFaults({ n, e }: Members): MemberFault[] {
  const modulus = decode(n)
  const exponent = decode(e)
  const bits = modulus ? bitsOf(modulus) : 0
  const faults: MemberFault[] = []
  if (bits < smallestRsaModulus || bits > largestRsaModulus)
    faults.push(['n', `is not a modulus of ${smallestRsaModulus} to ${largestRsaModulus} bits in base64url`])
  const last = exponent?.at(-1) ?? 0
  // With exponent 1 every text would be a valid signature. Even numbers are not valid exponents.
  if (!exponent || bitsOf(exponent) < 2 || bitsOf(exponent) > 32 || last % 2 === 0)
    faults.push(['e', 'is not a public exponent in base64url, such as AQAB'])
  return faults
}

function findCurveFaults(
  jwk: Members,
  sizes: Readonly<Record<string, number>>,
  coordinates: readonly string[],
): MemberFault[] {
  const { crv } = jwk
  const size = typeof crv === 'string' && Object.hasOwn(sizes, crv) ? sizes[crv] : undefined
  if (size === undefined)
    return [
      [
        'crv' in jwk ? 'crv' : '',
        `has no curve that verifies here, wanted crv ${Object.keys(sizes).join(' or ')}`,
      ],
    ]
  const faults = coordinates
    .filter((name) => decode(jwk[name])?.length !== size)
    .map((name): MemberFault => [name in jwk ? name : '', `has no ${name} of ${size} bytes in base64url`])
  return faults.length > 0 ? faults : findPointFaults(jwk)
}

/** Finds the faults of a point. Its coordinates must have the right sizes already. */
function findPointFaults({ crv, ...jwk }: Members): MemberFault[] {
  const x = decode(jwk['x']) ?? new Uint8Array()
  const y = decode(jwk['y']) ?? new Uint8Array()
  if (crv === 'Ed25519' && isSmallOrder(x)) {
    return [['x', 'is a point of small order, for which anybody can make signatures']]
  }
  if ((crv === 'P-256' || crv === 'P-384') && !isOnCurve(crv, { x, y })) {
    return [['x', 'is not a point of the curve, together with y']]
  }
  return []
}

/** The public members of each kind of key (RFC 7518 section 6). Members of other kinds, such as the curve of an RSA key, are left out. */
const publicMembers: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
}

function pickPublic(jwk: Members): ClientJwk {
  const names = ['kty', ...(publicMembers[String(jwk['kty'])] ?? []), 'kid', 'alg']
  const picked = Object.fromEntries(
    names.filter((name) => jwk[name] !== undefined).map((name) => [name, jwk[name]]),
  )
  // Every member was checked above.
  return Object.freeze(picked) as unknown as ClientJwk
}

function decode(value: unknown): Uint8Array | undefined {
  if (typeof value !== 'string' || !/^[\w-]+$/.test(value)) return undefined
  try {
    return Uint8Array.fromBase64(value, { alphabet: 'base64url' })
  } catch {
    return undefined
  }
}

/** The number of bits, without leading zeros. */
function bitsOf(bytes: Uint8Array): number {
  const first = bytes.findIndex((byte) => byte !== 0)
  if (first < 0) return 0
  return (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24
}

export function isClientKid(kid: string): boolean {
  return kid.length <= longestClientKid && /^[\x20-\x7e]+$/.test(kid)
}
