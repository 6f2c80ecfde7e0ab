import { html } from '../../http/answer/html.ts'
import { tileColors } from './accent.ts'
import { initialOf } from './parts.ts'

/**
 * The icon of a window, as a `data:` URL of an SVG: the tile of the brand with its first letter, or a keyhole where a page belongs to no
 * tenant. `accent` is `sign_in.accent`; null: the color of grantd. It costs no request.
 */
export function iconUrl(brand: string | null, accent: string | null): string {
  const { fill, ink } = tileColors(accent)
  const sign =
    brand === null || brand.trim() === ''
      ? html`<path fill="${ink}" d="M16 8a5 5 0 0 0-2.5 9.3L12 25h8l-1.5-7.7A5 5 0 0 0 16 8z"/>`
      : html`<text x="16" y="22" fill="${ink}" font-family="system-ui,sans-serif" font-size="18" font-weight="600" text-anchor="middle">${initialOf(brand)}</text>`
  const svg = html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="9" fill="${fill}"/>${sign}</svg>`
  return `data:image/svg+xml,${encodeURIComponent(String(svg).toWellFormed())}`
}
