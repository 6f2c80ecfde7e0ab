/**
 * Characters that control a terminal or hide the text beside them: C0 and C1 controls, line separators, marks that change
 * the direction of writing, and the byte order mark.
 */
const acting = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\ufeff]/gu

/** The text with each of these characters as a \u escape, so that a person can read it in a terminal. */
export function printable(text: string): string {
  return text.replace(acting, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
}
