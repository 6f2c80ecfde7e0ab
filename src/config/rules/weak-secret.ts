/** The number of characters in each class. */
const classes: readonly (readonly [pattern: RegExp, count: number])[] = [
  [/[0-9]/, 10],
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[^0-9A-Za-z]/, 33],
]

/** Bits. A machine can guess a weaker secret from a stolen SHA-256 hash. */
const enoughBits = 80

/** Returns a warning for a secret that can be guessed, or undefined. */
export function findWeakness(text: string): string | undefined {
  return isWeak(text)
    ? 'is easy to guess by its length and characters; make one with grantd secret'
    : undefined
}

/** Finds secrets that are short or repetitive. It has no dictionary. */
function isWeak(text: string): boolean {
  const { length } = text
  const different = new Set(text).size
  const pool = classes.reduce((sum, [pattern, count]) => sum + (pattern.test(text) ? count : 0), 0)
  // A random text uses many different characters and repeats none of them often.
  const bits = Math.min(length, 8 * different) * Math.log2(Math.min(pool, 4 * different))
  return bits < enoughBits
}
