import type { Texts } from './locales/en.ts'

/** Why a new password was not taken. `wrong`: the current password is not right. */
export type PasswordProblem =
  | { readonly kind: 'short' }
  | { readonly kind: 'long'; readonly maxLength: number }
  | { readonly kind: 'characters' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'wait'; readonly seconds: number }

/** The problem in words. */
export function explainPassword(problem: PasswordProblem, { password, signIn }: Texts): string {
  switch (problem.kind) {
    case 'long':
      return password.long(problem.maxLength)
    case 'wait':
      return signIn.wait(problem.seconds)
    default:
      return password[problem.kind]
  }
}
