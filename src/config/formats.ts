import { chosenKidPattern, tenantIdPattern, userKeyPattern } from '../protocol/names.ts'
import { hasBearableCost, parsePasswordHash } from '../protocol/password/password-hash.ts'
import { scopeToken } from '../protocol/scope.ts'
import { claimName } from '../protocol/static-claims.ts'
import { isHost } from '../protocol/url/host.ts'
import { parseIpRange } from '../protocol/url/ip-address.ts'
import { isRedirectUri, wantedRedirectUri } from '../protocol/url/redirect-uri.ts'
import { isResourceUri } from '../protocol/url/resource.ts'
import { isBaseUrl, isIssuerUrl, wantedIssuer } from '../protocol/url/uri.ts'
import { isWebOrigin, isWebUrl, wantedOrigin, wantedWebUrl } from '../protocol/url/web-url.ts'

/** A format of a string: the check, and the words for "wanted ...". */
export interface Format {
  readonly accepts: (text: string) => boolean
  readonly wanted: string
  /** The check as a pattern, if a pattern can express it. */
  readonly pattern?: RegExp
  /** True: a message must not quote the value. */
  readonly secret?: boolean
}

const sha256Hash = 'sha256:[0-9A-Fa-f]{64}'
const argon2idHash =
  '\\$argon2id\\$v=19\\$m=(?:[89]|[1-9]\\d{1,5}),t=[1-9]\\d{0,2},p=[1-9]\\d?\\$[A-Za-z0-9+/]{11,}\\$[A-Za-z0-9+/]{22,}'
const bcryptHash = '\\$2[aby]\\$(?:0[4-9]|1[0-6])\\$[./A-Za-z0-9]{53}'

const secretHash = new RegExp(`^(?:${sha256Hash}|${argon2idHash}|${bcryptHash})$`)

/** Whether the hash is slow on purpose (argon2id or bcrypt). */
export function isSlowHash(hash: string): boolean {
  return hash.startsWith('$')
}

/** The formats that a setting can have, by the `format` of its schema. */
export const formats: Readonly<Record<string, Format>> = {
  issuer: { accepts: isIssuerUrl, wanted: wantedIssuer },
  'base-url': {
    accepts: isBaseUrl,
    wanted: 'an absolute http(s) URL without user, query, fragment and trailing slash',
  },
  'redirect-uri': { accepts: isRedirectUri, wanted: wantedRedirectUri },
  'web-url': { accepts: isWebUrl, wanted: wantedWebUrl },
  origin: { accepts: isWebOrigin, wanted: wantedOrigin },
  color: byPattern(/^#[0-9A-Fa-f]{6}$/, 'a color such as #0b57d0, in quotes'),
  email: byPattern(
    // Works with the flag u and without it: JSON Schema of config.yaml and of the admin API have it.
    /^(?:(?![\s@"(),:;<>[\]\\])[!-~\u00a1-\uffff]){1,64}@(?:(?![\s@"(),:;<>[\]\\])[!-~\u00a1-\uffff]){1,189}$/,
    'an e-mail address such as ada@example.com',
  ),
  'user-key': byPattern(userKeyPattern, '1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first'),
  sub: byPattern(/^[\x21-\x7e]{1,255}$/, '1 to 255 printable ASCII characters without space'),
  'password-hash': {
    accepts: (text) => isSlowHash(text) && parsePasswordHash(text) !== undefined,
    wanted: 'a whole argon2id, bcrypt or PBKDF2 hash, in quotes ($argon2id$..., $2b$..., $pbkdf2-sha256$...)',
    secret: true,
  },
  resource: { accepts: isResourceUri, wanted: 'an absolute URI without fragment (RFC 8707 section 2)' },
  scope: byPattern(scopeToken, 'printable ASCII without space, quote and backslash (RFC 6749 section 3.3)'),
  'tenant-id': byPattern(tenantIdPattern, '1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first'),
  claim: byPattern(claimName, '1 to 128 printable ASCII characters without space'),
  'client-id': byPattern(/^[\x20-\x7e]{1,256}$/, '1 to 256 printable ASCII characters'),
  'ip-range': {
    accepts: (text) => parseIpRange(text) !== undefined,
    wanted: 'an IP address, or a subnet such as 10.0.0.0/8',
  },
  kid: byPattern(
    chosenKidPattern,
    '1 to 128 of A-Z a-z 0-9 . _ - and a letter or digit first, for it names the key file too',
  ),
  moment: {
    accepts: (text) => /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/.test(text) && isDay(text),
    wanted: 'a time in UTC such as 2030-01-31T00:00:00Z',
  },
  host: { accepts: isHost, wanted: 'an address or a host name without a port, such as 127.0.0.1 or ::1' },
  path: {
    accepts: isPath,
    wanted: 'a path: ~ is not filled in, and no white space or line end stands around it',
    // Some users write the key or the secret itself here.
    secret: true,
  },
  variable: {
    ...byPattern(
      /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/,
      'the name of an environment variable, such as APP_SECRET',
    ),
    secret: true,
  },
  storage: {
    ...byPattern(
      /^(?:sqlite|memory|postgres(?:ql)?:\/\/\S+)$/,
      'sqlite, memory, or a URL that starts with postgres://',
    ),
    // The URL may hold a password.
    secret: true,
  },
  'secret-id': byPattern(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/,
    '1 to 128 of A-Z a-z 0-9 . _ - and a letter or digit first',
  ),
  'secret-hash': {
    // Whoever tries a secret makes the server compute the hash, so one that takes minutes would stop those of others.
    accepts: (text) => secretHash.test(text) && hasBearableCost(text),
    wanted:
      'sha256: and 64 hex digits, or a whole hash of argon2id (m times t at most 4194304) or bcrypt (cost at most 16)',
    pattern: secretHash,
    secret: true,
  },
}

function isPath(text: string): boolean {
  return text === text.trim() && !/\p{Cc}/u.test(text) && !/^(?:~|gds_|-----BEGIN)/.test(text)
}

/** Whether the day exists: Date turns February 30 into March 2. */
function isDay(text: string): boolean {
  const date = new Date(text)
  return !Number.isNaN(date.getTime()) && date.toISOString().slice(0, 10) === text.slice(0, 10)
}

function byPattern(pattern: RegExp, wanted: string): Format {
  return { accepts: (text) => pattern.test(text), wanted, pattern }
}
