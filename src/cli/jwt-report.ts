import { type DecodedJwt, decodeJwt, JwtMalformed } from '../keys/jwt.ts'
import type { Platform } from '../platform/platform.ts'
import { CommandError } from './command.ts'
import { findTimeFault, renderJwt } from './render-jwt.ts'

/** Throws CommandError for a text that is no JWT. */
export function parseToken(token: string): DecodedJwt {
  try {
    return decodeJwt(token)
  } catch (cause) {
    if (cause instanceof JwtMalformed) throw new CommandError(`This is no JWT: ${cause.message}`, { cause })
    throw cause
  }
}

interface Report {
  readonly decoded: DecodedJwt
  readonly signature: string
  readonly isJson: boolean
}

/** Prints the report. Throws CommandError for claims that are nested too deep to be written. */
export function writeReport(report: Report, platform: Platform): void {
  try {
    platform.writeOut(renderReport(report, platform))
  } catch (cause) {
    // Claims with thousands of levels can be parsed but not written.
    if (cause instanceof RangeError)
      throw new CommandError('This is no JWT: it is nested too deep', { cause })
    throw cause
  }
}

function renderReport({ decoded, signature, isJson }: Report, platform: Platform): string {
  const { header, claims } = decoded
  const expired = findTimeFault(claims, platform.now()) !== undefined
  if (isJson) return `${JSON.stringify({ header, claims, signature, expired })}\n`
  return renderJwt({ header, claims, signature }, platform.now(), platform)
}
