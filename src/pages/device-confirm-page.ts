import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame, ScopeView } from './frame/page-frame.ts'
import { renderHidden, strong } from './frame/parts.ts'
import { textsOf } from './locales/locale.ts'
import { renderScopes } from './words/scope-words.ts'

export interface DeviceConfirmView {
  readonly frame: PageFrame
  /** Where the form posts `decision` (`allow` or `deny`), `user_code` and `csrf`. */
  readonly action: string
  readonly csrf: string
  /** As the device shows it, such as `WDJB-MJHT`. */
  readonly userCode: string
  readonly clientName: string
  readonly scopes: readonly ScopeView[]
}

/** Names the app and what it asks for, before anybody signs in (RFC 8628 section 5.4). */
export function renderDeviceConfirmPage(view: DeviceConfirmView): Html {
  const { frame, action, csrf, userCode, clientName, scopes } = view
  const texts = textsOf(frame.locale)
  const { device, consent } = texts
  const body = html`<h1>${device.confirmTitle}</h1>
<p class="lead">${device.confirmText(strong(clientName))}</p>
<p>${device.code}</p>
<p class="shown-code"><code>${userCode}</code></p>
<p>${consent.list(strong(clientName))}</p>
${renderScopes(scopes, texts)}
<p class="note">${device.warn}</p>
<form method="post" action="${action}">
${renderHidden({ csrf, user_code: userCode })}
<div class="choice">
<button class="primary" name="decision" value="allow">${device.allow}</button>
<button name="decision" value="deny">${device.deny}</button>
</div>
</form>`
  return renderLayout(frame, { title: device.confirmTitle, body })
}
