import type { PasswordProblem } from '../../pages/password-problem.ts'
import { longestPassword, type PasswordFault } from '../../protocol/password/password.ts'

/** What the page says of a new password that was not taken. */
export function explainFault(fault: PasswordFault): PasswordProblem {
  switch (fault) {
    case 'too_short':
      return { kind: 'short' }
    case 'too_long':
      // In bytes, which are as many characters in English.
      return { kind: 'long', maxLength: longestPassword }
    case 'not_text':
      return { kind: 'characters' }
  }
}
