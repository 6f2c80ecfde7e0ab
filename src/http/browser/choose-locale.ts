import { type Locale, locales } from '../../protocol/people/locales.ts'

export interface LocaleWishes {
  /** `ui_locales` of an authorization request: language tags in the order of preference, separated by spaces (OIDC Core 3.1.2.1). */
  readonly uiLocales: string | undefined
  /** The header Accept-Language (RFC 9110 section 12.5.4). */
  readonly acceptLanguage: string | null
  readonly byDefault: Locale
}

/** The language of a page: what the app asks for, else what the browser asks for, else the tenant's. */
export function chooseLocale({ uiLocales = '', acceptLanguage, byDefault }: LocaleWishes): Locale {
  const wanted = [
    ...uiLocales.slice(0, longestHeader).split(' '),
    ...parseAcceptLanguage(acceptLanguage ?? ''),
  ]
  for (const tag of wanted) {
    const locale = findLocale(tag)
    if (locale) return locale
  }
  return byDefault
}

/** Characters that are read. */
const longestHeader = 1000

/** Language tags, the most wanted one first. */
function parseAcceptLanguage(header: string): string[] {
  const ranges = header
    .slice(0, longestHeader)
    .split(',')
    .map((range) => {
      const [tag = '', ...parameters] = range.split(';').map((part) => part.trim())
      const quality = parameters.find((parameter) => /^q=/i.test(parameter))
      return { tag, weight: quality === undefined ? 1 : Number(quality.slice(2)) }
    })
    .filter(({ weight }) => weight > 0)
  return ranges.sort((a, b) => b.weight - a.weight).map(({ tag }) => tag)
}

function findLocale(tag: string): Locale | undefined {
  const [language] = tag.toLowerCase().split('-')
  return locales.find((locale) => locale === language)
}
