import { parseToken } from '../../cli/jwt-report.ts'
import { fetchJson } from '../../cli/remote/fetch-json.ts'
import { renderJwt } from '../../cli/render-jwt.ts'
import { checkSignature, type DecodedJwt } from '../../keys/jwt.ts'
import type { Platform } from '../../platform/platform.ts'
import { printable } from '../../printable.ts'
import type { Endpoints, TokenAnswer } from './device-flow.ts'

interface ShownToken extends DecodedJwt {
  readonly signature: string
}

/** The tokens of an answer, decoded, and whether their signatures verify. */
export interface ShownTokens {
  readonly answer: TokenAnswer
  readonly accessToken: ShownToken
  /** Undefined if the scope `openid` was not granted. */
  readonly idToken: ShownToken | undefined
}

/** Decodes the tokens and checks their signatures with the published keys. Throws CommandError. */
export async function decodeTokens(
  answer: TokenAnswer,
  { jwks }: Endpoints,
  platform: Pick<Platform, 'environment' | 'fetch'>,
): Promise<ShownTokens> {
  const keys = (await fetchJson(jwks, { platform })).body
  const show = async (token: string) => ({
    ...parseToken(token),
    signature: await checkSignature(token, keys),
  })
  return {
    answer,
    accessToken: await show(answer.access_token),
    idToken: answer.id_token === undefined ? undefined : await show(answer.id_token),
  }
}

/** For a person: who signed in, and what is in the tokens, but not the tokens. */
export function renderTokens({ answer, accessToken, idToken }: ShownTokens, platform: Platform): string {
  const parts = [`Signed in as ${nameOf(idToken ?? accessToken)}\n`]
  if (idToken) parts.push(`\nID token\n${renderJwt(idToken, platform.now(), platform)}`)
  parts.push(`\nAccess token\n${renderJwt(accessToken, platform.now(), platform)}`)
  if (answer.refresh_token) parts.push('\nThere is a refresh token too; --json prints the tokens.\n')
  return parts.join('')
}

/** For a script: the answer as it came, and what is in the tokens. */
export function renderTokensAsJson({ answer, accessToken, idToken }: ShownTokens): string {
  const decoded = { access_token: accessToken, ...(idToken && { id_token: idToken }) }
  return `${JSON.stringify({ ...answer, decoded })}\n`
}

/** The name and the e-mail address where the client may know them, else the subject. */
function nameOf({ claims }: DecodedJwt): string {
  const { name, email, sub } = claims
  const known = [name, typeof email === 'string' ? `<${email}>` : undefined].filter(
    (part) => typeof part === 'string',
  )
  return printable(known.length > 0 ? `${known.join(' ')} (${sub})` : String(sub))
}
