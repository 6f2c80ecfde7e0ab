import { nameIn, OAuthError } from '../errors.ts'
import { oneOf, uriText } from '../finding-words.ts'

/** Whether `text` is an absolute URI without a fragment (RFC 8707 section 2). */
export function isResourceUri(text: string): boolean {
  return !text.includes('#') && /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(text) && URL.canParse(text)
}

/**
 * The audience of the token: the requested values, or `byDefault` when none is requested.
 * Throws `invalid_target` for a value that is neither in `byDefault` nor in `others` (RFC 8707 section 2).
 */
export function resolveAudience(
  requested: readonly string[],
  { byDefault, others }: { byDefault: readonly string[]; others: readonly string[] },
): readonly string[] {
  if (requested.length === 0) return byDefault
  const refused = requested.find((target) => !byDefault.includes(target) && !others.includes(target))
  if (refused !== undefined) {
    throw new OAuthError(
      'invalid_target',
      nameIn('The requested resource is not allowed for this client', refused),
      {
        finding: {
          check: 'resource or audience',
          saw: uriText(refused),
          wanted: oneOf([...new Set([...byDefault, ...others])]),
        },
      },
    )
  }
  return [...new Set(requested)]
}
