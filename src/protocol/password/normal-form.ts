/** More marks in a row than this are in no text of people: the Stream-Safe Text Format (UAX #15 section 13) ends such a run. */
const mostMarks = 30
const longRun = new RegExp(`\\p{M}{${mostMarks + 1}}`, 'u')

/**
 * The text in Unicode's form C, in which equal letters are equal bytes. A text with more than 30 marks in a row stays as it is, because the
 * time to sort them grows with the square of their number: 64 KB of them would hold up the whole process for many seconds.
 */
export function normalForm(text: string): string {
  return longRun.test(text) ? text : text.normalize('NFC')
}
