import { decodeJwt, JwtMalformed } from '../../keys/jwt.ts'
import { parseRefreshToken } from '../people/family-secrets.ts'
import type { StepFinding } from './token-steps.ts'

/** What is wrong with a text that no access token can be. */
export function findUnreadable(text: string): StepFinding {
  const wrapped = describeWrapping(text)
  return {
    check: 'form of the token',
    saw: wrapped?.saw ?? describeText(text),
    wanted: wrapped?.wanted ?? 'a JWT whose header has a kid and whose claims have an iss',
  }
}

/** What people send around a token; undefined: nothing that is known. */
function describeWrapping(text: string): Pick<StepFinding, 'saw' | 'wanted'> | undefined {
  const wanted = 'the token alone'
  if (/^bearer\s/i.test(text)) return { saw: 'the word Bearer before it', wanted }
  if (/^(["'`]).*\1$/s.test(text)) return { saw: 'quotes around it', wanted }
  if (/^\{.*\}$/s.test(text)) return { saw: 'JSON in place of a token', wanted: 'its member access_token' }
  return undefined
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
