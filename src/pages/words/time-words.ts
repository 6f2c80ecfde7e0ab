import { type Html, html } from '../../http/answer/html.ts'
import type { Locale } from '../../protocol/people/locales.ts'
import { textsOf } from '../locales/locale.ts'

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const

/** Days after which a date says more than a number of days. */
const longestAgo = 30

/**
 * How long ago `time` was, such as `2 hours ago`, because a page without a script does not know the reader's time zone. A time of long ago
 * is a date. Both are milliseconds.
 */
export function renderTime(time: number, now: number, locale: Locale): Html {
  const ago = Math.max(0, now - time)
  const exact = new Date(time).toISOString()
  return html`<time datetime="${exact}">${ago > longestAgo * 86_400_000 ? textsOf(locale).onDay(dateOf(time, locale)) : agoOf(ago, locale)}</time>`
}

function agoOf(ago: number, locale: Locale): string {
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto' })
  const unit = units.find(([, length]) => ago >= length)
  return unit ? format.format(-Math.floor(ago / unit[1]), unit[0]) : textsOf(locale).justNow
}

function dateOf(time: number, locale: Locale): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'long', timeZone: 'UTC' }).format(time)
}
