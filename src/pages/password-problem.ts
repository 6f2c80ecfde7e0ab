import type { Texts } from './locales/en.ts'

/** Why a new password was not taken. `wrong`: the current password is not right. */
export type PasswordProblem =
  | { readonly kind: 'short'; readonly minLength: number }
  | { readonly kind: 'long'; readonly maxLength: number }
  | { readonly kind: 'common' }
  | { readonly kind: 'characters' }
  | { readonly kind: 'personal' }
  | { readonly kind: 'wrong' }
  | { readonly kind: 'wait'; readonly seconds: number }

/** The problem in words. */
export function explainPassword(problem: PasswordProblem, { password, signIn }: Texts): string {
  switch (problem.kind) {
    case 'short':
      return password.short(problem.minLength)
    case 'long':
      return password.long(problem.maxLength)
    case 'wait':
      return signIn.wait(problem.seconds)
    default:
      return password[problem.kind]
  }
}
