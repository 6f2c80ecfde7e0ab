import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame } from './frame/page-frame.ts'
import { renderField, renderHidden } from './frame/parts.ts'
import { textsOf } from './locales/locale.ts'

export interface DeviceView {
  readonly frame: PageFrame
  /** Where the form posts `user_code` and `csrf`. */
  readonly action: string
  readonly csrf: string
  /** The code that the link had or that was typed; empty: none. */
  readonly userCode: string
  readonly problem: { readonly kind: 'unknown' } | { readonly kind: 'wait'; readonly seconds: number } | null
}

/** The form for the code that a device shows (RFC 8628 section 3.3). */
export function renderDevicePage({ frame, action, csrf, userCode, problem }: DeviceView): Html {
  const { device } = textsOf(frame.locale)
  const error = problem?.kind === 'wait' ? device.wait(problem.seconds) : device.unknown
  const body = html`<h1>${device.title}</h1>
<p class="lead">${device.text}</p>
<form method="post" action="${action}">
${renderHidden({ csrf })}
${renderField({
  name: 'user_code',
  label: device.label,
  autocomplete: 'one-time-code',
  capitals: 'characters',
  value: userCode,
  error: problem === null ? undefined : error,
  hasFocus: true,
  className: 'field code',
})}
<button class="primary">${device.submit}</button>
</form>`
  return renderLayout(frame, { title: device.title, body, hasError: problem !== null })
}
