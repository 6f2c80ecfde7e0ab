import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame } from './frame/page-frame.ts'
import { renderField, renderHidden, strong } from './frame/parts.ts'
import { textsOf } from './locales/locale.ts'
import { explainPassword, type PasswordProblem } from './password-problem.ts'

export interface PasswordView {
  readonly frame: PageFrame
  /** Where the form posts `password` and `csrf`. */
  readonly action: string
  readonly csrf: string
  /** Whose password it is, for the reader and for password managers. */
  readonly username: string
  /** Characters. */
  readonly minLength: number
  readonly problem: PasswordProblem | null
}

/** The form for a new password, which a link of `grantd user add` opens. */
export function renderPasswordPage({
  frame,
  action,
  csrf,
  username,
  minLength,
  problem,
}: PasswordView): Html {
  const texts = textsOf(frame.locale)
  const { password } = texts
  const body = html`<h1>${password.newTitle}</h1>
<p class="lead">${password.for(strong(username))}</p>
<form method="post" action="${action}">
${renderHidden({ csrf })}
<input type="text" name="username" value="${username}" autocomplete="username" readonly hidden>
${renderField({
  name: 'password',
  label: password.label,
  type: 'password',
  autocomplete: 'new-password',
  hint: password.hint(minLength),
  error: problem === null ? undefined : explainPassword(problem, texts),
  hasFocus: true,
})}
<button class="primary">${password.submit}</button>
</form>`
  return renderLayout(frame, { title: password.title, body, hasError: problem !== null })
}
