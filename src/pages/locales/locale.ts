import { de } from './de.ts'
import { en, type Texts } from './en.ts'
import { es } from './es.ts'

/** The languages of the pages. English is the first, because the others have its type. */
export const locales = ['en', 'de', 'es'] as const

export type Locale = (typeof locales)[number]

const byLocale: Readonly<Record<Locale, Texts>> = { en, de, es }

export function textsOf(locale: Locale): Texts {
  return byLocale[locale]
}
