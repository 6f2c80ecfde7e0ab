import type { Locale } from '../../protocol/people/locales.ts'
import { de } from './de.ts'
import { en, type Texts } from './en.ts'
import { es } from './es.ts'

const byLocale: Readonly<Record<Locale, Texts>> = { en, de, es }

/** The words of the pages in a language. */
export function textsOf(locale: Locale): Texts {
  return byLocale[locale]
}
