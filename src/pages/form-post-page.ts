import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame } from './frame/page-frame.ts'
import { renderHidden, strong } from './frame/parts.ts'
import { textsOf } from './locales/locale.ts'

export interface FormPostView {
  readonly frame: PageFrame
  /** The redirect URI of the client, which the caller has proven. */
  readonly action: string
  /** The members of the answer, such as `code`, `state` and `iss`. */
  readonly fields: Readonly<Record<string, string>>
  readonly clientName: string | null
}

/** The only script of the pages for people: it presses the button. The policy of the page allows it by its hash. */
export const formPostScript = 'document.forms[0].submit()'

/** Posts the answer to the client (OAuth 2.0 Form Post Response Mode). Without a script, the person presses the button. */
export function renderFormPostPage({ frame, action, fields, clientName }: FormPostView): Html {
  const { formPost } = textsOf(frame.locale)
  const body = html`<h1>${formPost.title}</h1>
<p>${clientName === null ? formPost.anonymous : formPost.text(strong(clientName))}</p>
<form method="post" action="${action}">
${renderHidden(fields)}
<button class="primary">${formPost.submit}</button>
</form>`
  const script = html`<script>${formPostScript}</script>`
  return renderLayout(frame, { title: formPost.title, body, script })
}
