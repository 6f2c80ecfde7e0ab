import * as jose from 'jose'
import type { SigningKey } from './signing-key.ts'

/** Headers by their typ. A process uses few, and all tokens of a key and a typ have the same one. */
const headers = new WeakMap<SigningKey, Map<string, string>>()

/** The protected header of a token in base64url: alg, typ, kid in that order. Encodes it once for each key and typ. */
export function renderHeader(key: SigningKey, typ: string): string {
  const known = headers.get(key)
  const rendered = known?.get(typ)
  if (rendered !== undefined) return rendered
  const made = jose.base64url.encode(JSON.stringify({ alg: key.algorithm, typ, kid: key.kid }))
  if (known) known.set(typ, made)
  else headers.set(key, new Map([[typ, made]]))
  return made
}
