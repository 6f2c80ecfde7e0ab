import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import { isLinkable } from './frame/links.ts'
import type { PageFrame } from './frame/page-frame.ts'
import { renderMark } from './frame/parts.ts'
import { textsOf } from './locales/locale.ts'

/** `link-over`: a link for a password is used, expired or unknown. `interaction-over`: the same of an interaction. */
export type NoticeKind = 'link-over' | 'password-set' | 'interaction-over'

export interface NoticeView {
  readonly frame: PageFrame
  readonly kind: NoticeKind
  /** Where the person can go on, such as the sign-in page; null: nowhere. */
  readonly continueUrl: string | null
}

/** A page that says one thing and asks for nothing. */
export function renderNoticePage({ frame, kind, continueUrl }: NoticeView): Html {
  const { notice } = textsOf(frame.locale)
  const { title, text } = notice[kind]
  const body = html`${renderMark(kind === 'password-set' ? 'good' : 'still')}
<h1>${title}</h1>
<p>${text}</p>
${continueUrl !== null && isLinkable(continueUrl) ? html`<p><a class="button" href="${continueUrl}">${notice.continue}</a></p>` : html``}`
  return renderLayout(frame, { title, body })
}
