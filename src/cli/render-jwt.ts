import type { DecodedJwt } from '../keys/jwt.ts'

import { printable } from '../printable.ts'
import { renderCount } from './render-count.ts'
import { type StyleHost, stylesFor } from './style.ts'

/** The claims that are times, in seconds since the epoch (RFC 7519 section 4.1). */
const timeClaims = new Set(['exp', 'iat', 'nbf', 'auth_time'])

export interface JwtReport extends DecodedJwt {
  /** `verified`, or why not. */
  readonly signature: string
}

/** Why the token is not valid at `now` (ms) by exp and nbf, such as `expired 3 days ago`; undefined if it is, or has no such claim. */
export function findTimeFault({ exp, nbf }: DecodedJwt['claims'], now: number): string | undefined {
  const seconds = Math.floor(now / 1000)
  if (typeof exp === 'number' && exp <= seconds) return `expired ${describeDistance(exp - seconds)}`
  if (typeof nbf === 'number' && nbf > seconds)
    return `is not valid yet: it begins ${describeDistance(nbf - seconds)}`
  return undefined
}

/** A JWT for people: one member per line, times in words. Control characters are escaped. */
export function renderJwt(
  { header, claims, signature }: JwtReport,
  now: number,
  platform: StyleHost,
): string {
  const { bold, green, red } = stylesFor(platform)
  const paint = signature === 'verified' ? green : red
  const timeFault = findTimeFault(claims, now)
  return [
    bold('Header'),
    ...renderMembers(header, () => ''),
    bold('Claims'),
    ...renderMembers(claims, (name, value) => (timeClaims.has(name) ? describeTime(value, now) : '')),
    bold('Signature'),
    `  ${paint(signature)}`,
    ...(timeFault === undefined ? [] : [bold('Time'), `  ${red(timeFault)}`]),
    '',
  ].join('\n')
}

type Comment = (name: string, value: unknown) => string

function renderMembers(members: Readonly<Record<string, unknown>>, comment: Comment): string[] {
  const rows = Object.entries(members).map(([name, value]) => ({ name, shown: printable(name), value }))
  const width = Math.max(0, ...rows.map(({ shown }) => shown.length))
  return rows.map(({ name, shown, value }) => {
    return `  ${shown.padEnd(width)}  ${renderValue(value)}${comment(name, value)}`
  })
}

function renderValue(value: unknown): string {
  return printable(typeof value === 'string' ? value : JSON.stringify(value))
}

function describeTime(value: unknown, now: number): string {
  if (typeof value !== 'number' || Math.abs(value) > 8.64e12) return ''
  const text = new Date(value * 1000).toISOString().replace('T', ' ').replace('.000Z', ' UTC')
  return `  ${text}, ${describeDistance(value - Math.floor(now / 1000))}`
}

const units = [
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const

/** `in 59 minutes`, `3 hours ago`, `now`. */
export function describeDistance(seconds: number): string {
  const distance = Math.abs(seconds)
  const [name, size] = units.find(([, size]) => distance >= size) ?? ['second', 1]
  const count = Math.floor(distance / size)
  if (count === 0) return 'now'
  const words = renderCount(count, name)
  return seconds > 0 ? `in ${words}` : `${words} ago`
}
