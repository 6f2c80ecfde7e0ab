import { expect, test } from 'bun:test'
import { chooseLocale } from '../../../src/http/browser/choose-locale.ts'

const choose = (uiLocales: string | undefined, acceptLanguage: string | null) =>
  chooseLocale({ uiLocales, acceptLanguage, byDefault: 'es' })

test('the app chooses the language before the browser, and the browser before the tenant', () => {
  expect(choose('de', 'en')).toBe('de')
  expect(choose(undefined, 'en')).toBe('en')
  expect(choose(undefined, null)).toBe('es')
})

test('the first known language counts, whatever its region and its case', () => {
  expect(choose('fr-CA nl DE-at en', null)).toBe('de')
  expect(choose('', 'fr-FR, en-GB;q=0.8, de;q=0.9')).toBe('de')
  expect(choose('fr', 'it, *;q=0.5')).toBe('es')
})

test('a language that the browser refuses, and a broken header, choose nothing', () => {
  expect(choose(undefined, 'de;q=0, en;q=0.1')).toBe('en')
  expect(choose(undefined, ';;;,,q=,de;q=x')).toBe('es')
  expect(choose(`${'x'.repeat(100_000)} de`, `${'y,'.repeat(100_000)}`)).toBe('es')
})
