import { normalForm } from '../password/normal-form.ts'

/**
 * The form in which e-mail addresses are compared and indexed: NFC, without case. RFC 5321 section 2.4 lets a host tell the case of the
 * part before the @ apart, and none does.
 */
export function normalEmail(email: string): string {
  return normalForm(normalForm(email).toLowerCase())
}
