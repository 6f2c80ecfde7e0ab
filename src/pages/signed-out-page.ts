import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import { isLinkable } from './frame/links.ts'
import type { PageFrame } from './frame/page-frame.ts'
import { renderMark } from './frame/parts.ts'
import { textsOf } from './locales/locale.ts'

export interface SignedOutView {
  readonly frame: PageFrame
  /** Whether the person answered that they stay signed in. */
  readonly hasStayed: boolean
  /** Where the person can go on, such as the account page; null: nowhere. */
  readonly continueUrl: string | null
}

/** Says that the session has ended, or that it goes on. */
export function renderSignedOutPage({ frame, hasStayed, continueUrl }: SignedOutView): Html {
  const { signedOut } = textsOf(frame.locale)
  const [title, heading, text, link] = hasStayed
    ? [signedOut.stayedTitle, signedOut.stayedHeading, signedOut.stayedText, signedOut.continue]
    : [signedOut.title, signedOut.heading, signedOut.text, signedOut.again]
  const body = html`${renderMark(hasStayed ? 'still' : 'good')}
<h1>${heading}</h1>
<p>${text}</p>
${continueUrl !== null && isLinkable(continueUrl) ? html`<p><a class="button" href="${continueUrl}">${link}</a></p>` : html``}`
  return renderLayout(frame, { title, body })
}
