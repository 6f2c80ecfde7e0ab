import type { PasswordProblem } from '../../pages/password-problem.ts'
import { longestPassword, type PasswordFault } from '../../protocol/password/password.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { minLengthOf } from './account-view.ts'

/** What the page says of a new password that was not taken. */
export function explainFault(fault: PasswordFault, tenant: Tenant): PasswordProblem {
  switch (fault) {
    case 'too_short':
      return { kind: 'short', minLength: minLengthOf(tenant) }
    case 'too_long':
      // In bytes, which are as many characters in English.
      return { kind: 'long', maxLength: longestPassword }
    case 'not_text':
      return { kind: 'characters' }
  }
}
