import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame } from './frame/page-frame.ts'
import { renderAlert, renderField, renderHidden, strong } from './frame/parts.ts'
import type { Texts } from './locales/en.ts'
import { textsOf } from './locales/locale.ts'

export interface SignInView {
  readonly frame: PageFrame
  /** Where the form posts `username`, `password` and `csrf`. */
  readonly action: string
  readonly csrf: string
  /** What the person typed before, or `login_hint`; empty: nothing. */
  readonly username: string
  /** The app that the person goes on to; null: none, such as before the account page. */
  readonly clientName: string | null
  /** The person is signed in and must sign in again (`prompt=login`, `max_age`). */
  readonly isAgain: boolean
  readonly problem: SignInProblem | null
}

export type SignInProblem = { readonly kind: 'wrong' } | { readonly kind: 'wait'; readonly seconds: number }

/** The form to sign in. Password managers know it by the names `username` and `password`. */
export function renderSignInPage(view: SignInView): Html {
  const { frame, action, csrf, username, clientName, isAgain, problem } = view
  const texts = textsOf(frame.locale)
  const { signIn } = texts
  const body = html`<h1>${signIn.title}</h1>
${clientName === null ? html`` : html`<p class="lead">${signIn.toContinue(strong(clientName))}</p>`}
${isAgain && problem === null ? html`<p class="note">${signIn.again}</p>` : html``}
${problem === null ? html`` : renderAlert(wordsOf(problem, texts))}
<form method="post" action="${action}">
${renderHidden({ csrf })}
${renderField({
  name: 'username',
  label: signIn.username,
  autocomplete: 'username',
  keyboard: 'email',
  value: username,
  hasFocus: username === '',
})}
${renderField({
  name: 'password',
  label: signIn.password,
  type: 'password',
  autocomplete: 'current-password',
  hasFocus: username !== '',
})}
<button class="primary">${signIn.submit}</button>
</form>`
  return renderLayout(frame, { title: signIn.title, body, hasError: problem !== null })
}

function wordsOf(problem: SignInProblem, { signIn }: Texts): string {
  return problem.kind === 'wrong' ? signIn.wrong : signIn.wait(problem.seconds)
}
