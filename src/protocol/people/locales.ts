/** The languages of the pages for people, as the first subtag of a language tag (RFC 5646). */
export const locales = ['en', 'de', 'es'] as const

export type Locale = (typeof locales)[number]
