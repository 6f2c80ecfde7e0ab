import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import { isLinkable } from './frame/links.ts'
import type { PageFrame, PersonView, ScopeView } from './frame/page-frame.ts'
import { renderHidden, renderPerson, strong } from './frame/parts.ts'
import { textsOf } from './locales/locale.ts'
import { renderScopes } from './words/scope-words.ts'

export interface ConsentView {
  readonly frame: PageFrame
  /** Where the form posts `decision` (`allow` or `deny`) and `csrf`. */
  readonly action: string
  readonly csrf: string
  readonly clientName: string
  readonly person: PersonView
  readonly scopes: readonly ScopeView[]
  /** A link to sign in as somebody else; null: none. */
  readonly switchUrl: string | null
  /** The host that the browser goes to afterwards, such as `app.example.com`; null: it stays here, as for a device. */
  readonly returnHost: string | null
  /** The request came from a device: the page warns of codes that others sent. */
  readonly isDevice: boolean
}

/** Asks whether an app may have what it asks for. */
export function renderConsentPage(view: ConsentView): Html {
  const { frame, action, csrf, clientName, person, scopes, switchUrl, returnHost, isDevice } = view
  const texts = textsOf(frame.locale)
  const { consent } = texts
  const client = strong(clientName)
  const body = html`<h1>${consent.heading(client)}</h1>
${renderPerson(person, consent.as)}
${switchUrl !== null && isLinkable(switchUrl) ? html`<p class="switch"><a href="${switchUrl}">${consent.switch}</a></p>` : html``}
<p id="list">${consent.list(client)}</p>
${renderScopes(scopes, texts)}
${isDevice ? html`<p class="note">${consent.onDevice}</p>` : html``}
<form method="post" action="${action}">
${renderHidden({ csrf })}
<div class="choice">
<button class="primary" name="decision" value="allow">${consent.allow}</button>
<button name="decision" value="deny">${consent.deny}</button>
</div>
</form>
<p class="fine">${consent.withdraw}
${returnHost === null ? html`` : consent.returnsTo(strong(returnHost))}</p>`
  return renderLayout(frame, { title: consent.title(clientName), body })
}
