import { type Html, html } from '../../http/answer/html.ts'
import { textsOf } from '../locales/locale.ts'
import { iconUrl } from './icon.ts'
import { isLinkable } from './links.ts'
import type { PageFrame } from './page-frame.ts'
import { initialOf } from './parts.ts'

interface PageContent {
  /** The title of the window, without the name of the tenant. */
  readonly title: string
  /** The heading and what follows it. */
  readonly body: Html
  /** True: the title begins with the word for an error, which screen readers say first. */
  readonly hasError?: boolean
  /** True: room for lists. Default: one narrow card. */
  readonly isWide?: boolean
  /** A script that stands at the end of the body. Its hash must be in the policy of the page. */
  readonly script?: Html
}

/** A whole page: one card with the brand of the tenant above its content and links below it. It has no inline style. */
export function renderLayout(frame: PageFrame, content: PageContent): Html {
  const { title, body, hasError = false, isWide = false, script = html`` } = content
  const texts = textsOf(frame.locale)
  const brand = frame.title ?? frame.tenantName
  const windowTitle = [hasError ? `${texts.errorPrefix}: ${title}` : title, ...(brand ? [brand] : [])]
  return html`<!doctype html>
<html lang="${texts.languageTag}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${windowTitle.join(' · ')}</title>
<link rel="icon" href="${iconUrl(brand, frame.accent)}">
<link rel="stylesheet" href="${frame.stylesheetUrl}">
</head>
<body>
<main class="${isWide ? 'card wide' : 'card'}">
${renderBrand(frame.logoUrl, brand)}
${body}
</main>
${renderFooter(frame)}
${script}
</body>
</html>
`
}

function renderBrand(logoUrl: string | null, brand: string | null): Html {
  if (logoUrl !== null) return html`<p class="brand"><img src="${logoUrl}" alt="${brand ?? ''}"></p>`
  if (brand === null) return html``
  return html`<p class="brand"><span class="tile" aria-hidden="true">${initialOf(brand)}</span><bdi>${brand}</bdi></p>`
}

function renderFooter({ termsUrl, privacyUrl, helpUrl, locale }: PageFrame): Html {
  const { footer } = textsOf(locale)
  const links = [
    [helpUrl, footer.help],
    [privacyUrl, footer.privacy],
    [termsUrl, footer.terms],
  ] as const
  const shown = links.flatMap(([url, text]) =>
    url !== null && isLinkable(url) ? [html`<li><a href="${url}">${text}</a></li>`] : [],
  )
  if (shown.length === 0) return html``
  return html`<footer><nav aria-label="${footer.label}"><ul>
${shown}
</ul></nav></footer>`
}
