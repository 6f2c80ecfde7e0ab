/** What the plots are drawn with: SVG as text, for a dozen shapes want no library. */

export const colours = [
  '#1f6feb',
  '#d4762c',
  '#3a9a5b',
  '#8957e5',
  '#6e7781',
  '#c93c5e',
  '#1b9aaa',
  '#9a7b1f',
]

export function renderSvg(size: { width: number; height: number }, shapes: readonly string[]): string {
  const { width, height } = size
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12">`,
    // A page may be dark, and the texts are not.
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    ...shapes,
    '</svg>',
    '',
  ].join('\n')
}

export interface Point {
  readonly x: number
  readonly y: number
}

export function text(
  { x, y }: Point,
  words: string,
  { anchor = 'start', bold = false }: { anchor?: 'start' | 'middle' | 'end'; bold?: boolean } = {},
): string {
  return `<text x="${round(x)}" y="${round(y)}" text-anchor="${anchor}"${bold ? ' font-weight="bold"' : ''} fill="#1f2328">${checkLabel(words)}</text>`
}

export function rectangle({ x, y }: Point, size: { width: number; height: number }, colour: string): string {
  return `<rect x="${round(x)}" y="${round(y)}" width="${round(size.width)}" height="${round(size.height)}" fill="${colour}"/>`
}

export function line(from: Point, to: Point, colour = '#d0d7de'): string {
  return `<line x1="${round(from.x)}" y1="${round(from.y)}" x2="${round(to.x)}" y2="${round(to.y)}" stroke="${colour}"/>`
}

export function curve(points: readonly Point[], colour: string): string {
  const path = points.map(({ x, y }) => `${round(x)},${round(y)}`).join(' ')
  const dots = points.map(
    ({ x, y }) => `<circle cx="${round(x)}" cy="${round(y)}" r="3.5" fill="${colour}"/>`,
  )
  return [`<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>`, ...dots].join('\n')
}

/** Labels are names of ours and numbers; anything that would need escaping is a fault. */
function checkLabel(words: string): string {
  if (!/^[\w ,.:@/()-]*$/.test(words)) throw new Error(`Cannot draw the label ${JSON.stringify(words)}`)
  return words
}

function round(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`Cannot draw at ${value}`)
  return Math.round(value * 10) / 10
}
