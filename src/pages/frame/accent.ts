/** Red, green and blue, each from 0 to 255. */
type Color = readonly [red: number, green: number, blue: number]

const white: Color = [255, 255, 255]
const ink: Color = [22, 24, 29]
/** The accent of a tenant without one; the same as in stylesheet.ts. */
const grantdBlue: Color = [36, 84, 214]
/** The background of the card; the same as in stylesheet.ts. */
const cards = { light: white, dark: [25, 28, 34] } as const

/** Contrasts of WCAG 2.2: text (1.4.3), and parts of controls (1.4.11). */
const textContrast = 4.5
const partContrast = 3

/**
 * The colors of a tenant as rules of CSS, for an accent such as `#0a6` or `#00aa66`. Every accent gives readable pages: the text of a button
 * is white or dark, a link is darker or lighter than the accent where its contrast asks for it. Returns no rules for another text.
 */
export function renderAccent(accent: string): string {
  const color = parseColor(accent)
  if (!color) return ''
  return `:root{${properties(color, 'light')}}@media(prefers-color-scheme:dark){:root{${properties(color, 'dark')}}}`
}

/** The colors of the tile with the first letter of a brand. `accent` is `sign_in.accent`; null, or no color: those of grantd. */
export function tileColors(accent: string | null): { readonly fill: string; readonly ink: string } {
  const color = accent === null ? undefined : parseColor(accent)
  const { readable, onButton } = buttonColors(color ?? grantdBlue, 'light')
  return { fill: renderColor(readable), ink: renderColor(onButton) }
}

function properties(accent: Color, theme: keyof typeof cards): string {
  const { readable, onButton } = buttonColors(accent, theme)
  const link = shift(accent, cards[theme], textContrast)
  return `--accent:${renderColor(readable)};--on-accent:${renderColor(onButton)};--link:${renderColor(link)}`
}

function buttonColors(accent: Color, theme: keyof typeof cards): { readable: Color; onButton: Color } {
  const card = cards[theme]
  // A light button on a white card keeps its color and gets dark text; a dark one on a dark card would not be seen.
  const button = theme === 'dark' ? shift(accent, card, partContrast) : accent
  const onButton = contrastOf(button, white) >= textContrast ? white : ink
  const readable =
    contrastOf(button, onButton) >= textContrast ? button : shift(button, onButton, textContrast)
  return { readable, onButton }
}

/** Moves a color away from `background` until the contrast between both is enough. */
function shift(color: Color, background: Color, enough: number): Color {
  const target = luminanceOf(background) > 0.18 ? ink : white
  for (let part = 0; part < 1; part += 0.05) {
    const mixed = mix(color, target, part)
    if (contrastOf(mixed, background) >= enough) return mixed
  }
  return target
}

function mix(from: Color, to: Color, part: number): Color {
  const each = (a: number, b: number) => Math.round(a + (b - a) * part)
  return [each(from[0], to[0]), each(from[1], to[1]), each(from[2], to[2])]
}

/** The contrast of two colors, from 1 to 21 (WCAG 2.2, contrast ratio). */
export function contrastOf(a: Color, b: Color): number {
  const [dark, light] = [luminanceOf(a), luminanceOf(b)].sort((x, y) => x - y)
  return ((light ?? 0) + 0.05) / ((dark ?? 0) + 0.05)
}

function luminanceOf([red, green, blue]: Color): number {
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

function linear(channel: number): number {
  const part = channel / 255
  return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
}

/** Undefined for a text that is not `#rgb` or `#rrggbb`. */
export function parseColor(text: string): Color | undefined {
  const digits = /^#([\da-f]{3}|[\da-f]{6})$/i.exec(text)?.[1]
  if (digits === undefined) return undefined
  const size = digits.length / 3
  const channel = (at: number) =>
    Number.parseInt(digits.slice(at * size, (at + 1) * size).repeat(3 - size), 16)
  return [channel(0), channel(1), channel(2)]
}

function renderColor(color: Color): string {
  return `#${color.map((channel) => channel.toString(16).padStart(2, '0')).join('')}`
}
