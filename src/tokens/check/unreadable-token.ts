import { decodeJwt, JwtMalformed } from '../../keys/jwt.ts'
import { parseRefreshToken } from '../people/family-secrets.ts'
import type { StepFinding } from './token-steps.ts'

/** What is wrong with a text that no access token can be. */
export function findUnreadable(text: string): StepFinding {
  return {
    check: 'form of the token',
    saw: describeText(text),
    wanted: 'a JWT whose header has a kid and whose claims have an iss',
  }
}

function describeText(text: string): string {
  if (parseRefreshToken(text)) return 'a refresh token'
  try {
    const { header, claims } = decodeJwt(text)
    if (typeof header['kid'] !== 'string') return 'a JWT without a kid in its header'
    return typeof claims['iss'] === 'string' ? 'a JWT that cannot be read' : 'a JWT without an iss'
  } catch (cause) {
    if (cause instanceof JwtMalformed) return `${text.length} characters that are no JWT: ${cause.message}`
    throw cause
  }
}
