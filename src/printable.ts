/**
 * Characters that act on a terminal or hide what stands beside them: C0 and C1 controls, line separators, marks that turn
 * the direction of writing, and the byte order mark.
 */
const acting = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu

/** The text with each of these written out as \u escape, for a person to read in a terminal. */
export function printable(text: string): string {
  return text.replace(acting, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
