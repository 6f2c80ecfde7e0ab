/** Characters of each class, by what one of them shows of the rest. */
const classes: readonly (readonly [pattern: RegExp, count: number])[] = [
  [/[0-9]/, 10],
  [/[a-z]/, 26],
  [/[A-Z]/, 26],
  [/[^0-9A-Za-z]/, 33],
]

/** Below it a machine that guesses at a stolen hash of SHA-256 gets there. */
const enoughBits = 80

/** What is doubtful about a secret that somebody can guess; undefined for nothing. */
export function findWeakness(text: string): string | undefined {
  return isWeak(text)
    ? 'is easy to guess by its length and characters; make one with grantd secret'
    : undefined
}

/** It knows no words, so it finds what is short or repeats itself. */
function isWeak(text: string): boolean {
  const { length } = text
  const different = new Set(text).size
  const pool = classes.reduce((sum, [pattern, count]) => sum + (pattern.test(text) ? count : 0), 0)
  // Who chose at random has used a good part of the characters there are, and none of them again and again.
  const bits = Math.min(length, 8 * different) * Math.log2(Math.min(pool, 4 * different))
  return bits < enoughBits
}
