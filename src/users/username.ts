/** The most characters of an e-mail address (RFC 5321 section 4.5.3.1.3). */
export const longestEmail = 254

/**
 * The form in which e-mail addresses are compared and indexed: NFC, without case. RFC 5321 section 2.4 lets a host tell the case of the
 * part before the @ apart, and none does.
 */
export function normalEmail(email: string): string {
  return email.normalize('NFC').toLowerCase().normalize('NFC')
}

/** Whether the text can be an e-mail address: one @ with something before and after it, and nothing that is no part of a line. */
export function isEmail(text: string): boolean {
  return (
    text.length <= longestEmail && text.isWellFormed() && /^[^\s\p{Cc}@<>"]+@[^\s\p{Cc}@<>"]+$/u.test(text)
  )
}
