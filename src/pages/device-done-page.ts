import { type Html, html } from '../http/answer/html.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame } from './frame/page-frame.ts'
import { renderMark } from './frame/parts.ts'
import { textsOf } from './locales/locale.ts'

export interface DeviceDoneView {
  readonly frame: PageFrame
  readonly outcome: 'allowed' | 'denied'
}

/** The end of the device flow in the browser: the person goes back to the device. */
export function renderDeviceDonePage({ frame, outcome }: DeviceDoneView): Html {
  const { device } = textsOf(frame.locale)
  const [title, text] =
    outcome === 'allowed'
      ? [device.allowedTitle, device.allowedText]
      : [device.deniedTitle, device.deniedText]
  const body = html`${renderMark(outcome === 'allowed' ? 'good' : 'bad')}
<h1>${title}</h1>
<p>${text}</p>`
  return renderLayout(frame, { title, body })
}
