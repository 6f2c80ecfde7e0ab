import { type Html, html } from '../http/answer/html.ts'
import { type ErrorCode, tooManyRequests } from '../protocol/errors.ts'
import { renderLayout } from './frame/layout.ts'
import type { PageFrame } from './frame/page-frame.ts'
import { renderMark } from './frame/parts.ts'
import type { Texts } from './locales/en.ts'
import { textsOf } from './locales/locale.ts'

export interface ErrorView {
  readonly frame: PageFrame
  readonly code: ErrorCode
  readonly status: number
  /** The bland sentence of the error, in English, for the people who built the app. */
  readonly description: string
  /** Seconds until another attempt is worth it; undefined: unknown. */
  readonly retryAfterSeconds: number | undefined
}

/** Says in words what went wrong and what to do, with the code and the request id for those who can mend it. */
export function renderErrorPage({ frame, code, status, description, retryAfterSeconds }: ErrorView): Html {
  const texts = textsOf(frame.locale)
  const { error } = texts
  const { title, text } = explain({ status, retryAfterSeconds }, texts)
  const { requestId } = frame
  const body = html`${renderMark('bad')}
<h1>${title}</h1>
<p>${text}</p>
<dl class="details">
<dt>${error.code}</dt><dd><code>${code}</code><br><span lang="en">${description}</span></dd>
${requestId === null ? html`` : html`<dt>${error.requestId}</dt><dd><code>${requestId}</code></dd>`}
</dl>`
  return renderLayout(frame, { title, body, hasError: true })
}

type Failure = Pick<ErrorView, 'status' | 'retryAfterSeconds'>

function explain(
  { status, retryAfterSeconds = 60 }: Failure,
  { error }: Texts,
): { title: string; text: string } {
  if (status === tooManyRequests) return { title: error.wait.title, text: error.wait.text(retryAfterSeconds) }
  if (status === 503) return error.unavailable
  if (status >= 500) return error.server
  if (status === 404 || status === 405) return error.notFound
  return status === 403 ? error.denied : error.request
}
