import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame, PersonView } from './frame/page-frame.ts'
import { renderHidden, renderPerson, strong } from './frame/parts.ts'
import { textsOf } from './locales/locale.ts'

export interface SelectAccountView {
  readonly frame: PageFrame
  /** Where the form posts `account` (`current` or `other`) and `csrf`. */
  readonly action: string
  readonly csrf: string
  readonly clientName: string | null
  /** The person who is signed in. */
  readonly person: PersonView
}

/** Asks whether to go on as the person who is signed in (`prompt=select_account`). */
export function renderSelectAccountPage({
  frame,
  action,
  csrf,
  clientName,
  person,
}: SelectAccountView): Html {
  const { selectAccount } = textsOf(frame.locale)
  const body = html`<h1>${selectAccount.title}</h1>
${clientName === null ? html`` : html`<p class="lead">${selectAccount.toContinue(strong(clientName))}</p>`}
<form method="post" action="${action}">
${renderHidden({ csrf })}
<div class="accounts">
<button name="account" value="current">${renderPerson(person, '')}</button>
<button name="account" value="other"><span class="avatar plus" aria-hidden="true"></span>${selectAccount.other}</button>
</div>
</form>`
  return renderLayout(frame, { title: selectAccount.title, body })
}
