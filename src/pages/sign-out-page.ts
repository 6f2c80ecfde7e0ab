import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame, PersonView } from './frame/page-frame.ts'
import { renderHidden, renderPerson, strong } from './frame/parts.ts'
import { textsOf } from './locales/locale.ts'

export interface SignOutView {
  readonly frame: PageFrame
  /** Where the form posts `decision` (`allow` or `deny`) and `csrf`. */
  readonly action: string
  readonly csrf: string
  readonly person: PersonView
  /** The app that asks; null: it did not say. */
  readonly clientName: string | null
}

/** Asks whether to sign out. */
export function renderSignOutPage({ frame, action, csrf, person, clientName }: SignOutView): Html {
  const { signOut } = textsOf(frame.locale)
  const body = html`<h1>${signOut.heading}</h1>
${clientName === null ? html`` : html`<p class="lead">${signOut.asked(strong(clientName))}</p>`}
${renderPerson(person, signOut.as)}
<form method="post" action="${action}">
${renderHidden({ csrf })}
<div class="choice">
<button class="primary" name="decision" value="allow">${signOut.yes}</button>
<button name="decision" value="deny">${signOut.no}</button>
</div>
</form>`
  return renderLayout(frame, { title: signOut.title, body })
}
