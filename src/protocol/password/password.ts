import { normalForm } from './normal-form.ts'

/** Bytes of the UTF-8 form. A longer text is refused before it is hashed, so that no request makes the server hash a megabyte. */
export const longestPassword = 1024

/**
 * The form of a password that is hashed: the OpaqueString profile of RFC 8265 section 4.2, which is NFC with every other space as U+0020. A
 * phone and a desktop may send different bytes for the same letter. NFKC would go further and make different characters the same, such as
 * a ligature and its letters. The case and the spaces at the ends are kept.
 */
export function normalPassword(password: string): string {
  return normalForm(password.replace(/\p{Zs}/gu, ' '))
}

/** Why a text cannot be a new password. */
export type PasswordFault = 'too_short' | 'too_long' | 'not_text'

/** Checks a new password. Characters are code points of the normal form (NIST SP 800-63B section 3.1.1.2). Undefined: it may be used. */
export function findPasswordFault(
  password: string,
  { min_length }: { readonly min_length: number },
): PasswordFault | undefined {
  if (!password.isWellFormed() || /\p{Cc}/u.test(password)) return 'not_text'
  if (isTooLong(password)) return 'too_long'
  const normal = normalPassword(password)
  if (isTooLong(normal)) return 'too_long'
  return [...normal].length < min_length ? 'too_short' : undefined
}

/** Whether the text has more bytes than any password. */
export function isTooLong(password: string): boolean {
  return password.length > longestPassword || new TextEncoder().encode(password).length > longestPassword
}
