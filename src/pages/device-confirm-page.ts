import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame } from './frame/page-frame.ts'
import { renderHidden } from './frame/parts.ts'
import { textsOf } from './locales/locale.ts'

export interface DeviceConfirmView {
  readonly frame: PageFrame
  /** Where the form posts `user_code` and `csrf`. */
  readonly action: string
  readonly csrf: string
  /** The code that the link had, as the device shows it, such as `WDJB-MJHT`. */
  readonly userCode: string
}

/** Wants the code of a link compared with the device, because somebody else may have sent the link (RFC 8628 sections 3.3.1 and 5.4). */
export function renderDeviceConfirmPage({ frame, action, csrf, userCode }: DeviceConfirmView): Html {
  const { device } = textsOf(frame.locale)
  const body = html`<h1>${device.confirmTitle}</h1>
<p class="lead">${device.code}</p>
<p class="shown-code"><code>${userCode}</code></p>
<p class="note">${device.warn}</p>
<form method="post" action="${action}">
${renderHidden({ csrf, user_code: userCode })}
<button class="primary">${device.submit}</button>
</form>`
  return renderLayout(frame, { title: device.confirmTitle, body })
}
