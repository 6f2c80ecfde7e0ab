import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { contrastOf, parseColor, renderAccent } from '../../src/pages/frame/accent.ts'
import { renderStylesheet } from '../../src/pages/frame/stylesheet.ts'

const channel = fc.integer({ min: 0, max: 255 })
const color = fc
  .tuple(channel, channel, channel)
  .map((parts) => `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`)

/** The colors of a rule, by name: first those of the light theme, then those of the dark one. */
function themesOf(css: string): Record<string, string>[] {
  return [...css.matchAll(/:root\{([^}]*)\}/g)].map(([, body = '']) =>
    Object.fromEntries(body.split(';').map((line) => line.split(':'))),
  )
}

function contrast(a: string | undefined, b: string | undefined): number {
  const [first, second] = [parseColor(a ?? ''), parseColor(b ?? '')]
  if (!first || !second) throw new TypeError('a color is missing')
  return contrastOf(first, second)
}

test('every accent gives text of a button, and links on the card, the contrast of WCAG AA', () => {
  const base = renderStylesheet(null)
  const cards = [...base.matchAll(/--card:(#[\da-f]+)/g)].map(([, card]) =>
    card?.replace(/^#(.)(.)(.)$/, '#$1$1$2$2$3$3'),
  )
  expect(cards.length).toBe(2)
  fc.assert(
    fc.property(color, (accent) => {
      const themes = themesOf(renderAccent(accent))
      expect(themes.length).toBe(2)
      for (const [at, theme] of themes.entries()) {
        expect(contrast(theme['--accent'], theme['--on-accent'])).toBeGreaterThanOrEqual(4.5)
        expect(contrast(theme['--link'], cards[at])).toBeGreaterThanOrEqual(4.5)
      }
    }),
    { numRuns: 2000 },
  )
})

test('an accent that reads well stays as it is, in both spellings', () => {
  expect(renderAccent('#0b57d0')).toContain(':root{--accent:#0b57d0;--on-accent:#ffffff;--link:#0b57d0}')
  expect(renderAccent('#06c')).toBe(renderAccent('#0066cc'))
})

test('a text that is no color adds no rule', () => {
  for (const text of ['red', '#12', '#12345', '#gggggg', '#fff}body{x:y']) expect(renderAccent(text)).toBe('')
})

test('the stylesheet is smaller than 10 KB and loads nothing', () => {
  const css = renderStylesheet('#0b57d0')
  expect(css.length).toBeLessThan(10 * 1024)
  expect(css).not.toMatch(/url\(|@import|https?:/)
})
