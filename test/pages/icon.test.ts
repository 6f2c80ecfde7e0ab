import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { iconUrl } from '../../src/pages/frame/icon.ts'

const drawingOf = (url: string) => decodeURIComponent(url.slice('data:image/svg+xml,'.length))

test('an icon is the tile of the page: the first letter, in the colors of the accent', () => {
  expect(drawingOf(iconUrl('acme', null))).toMatch(/fill="#2454d6".*fill="#ffffff".*>A<\/text>/)
  expect(drawingOf(iconUrl('Émile', '#ffd400'))).toMatch(/fill="#ffd400".*fill="#16181d".*>É<\/text>/)
})

test('a page of no tenant has a keyhole', () => {
  expect(drawingOf(iconUrl(null, null))).toContain('<path ')
  expect(iconUrl('  ', null)).toBe(iconUrl(null, null))
})

test('whatever a brand is, the icon stays in its attribute, and the letter in its element', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (brand) => {
      const url = iconUrl(`<${brand}`, null)
      expect(url).toMatch(/^data:image\/svg\+xml,[\w%.!~*'()-]+$/)
      // The letter may have marks of its own above or below it.
      expect(drawingOf(url)).toMatch(/^<svg[^<]*<rect[^<]*<text[^<>]*>&lt;[^<>]*<\/text><\/svg>$/)
    }),
  )
})
