/**
 * The code that a person types at `/device` (RFC 8628 section 6.1): eight of twenty consonants, which make no words and do not look like
 * each other. There are 20^8 codes, so guessing needs many more tries than `limits` allows.
 */
const letters = 'BCDFGHJKLMNPQRSTVWXZ'
const length = 8

/** Returns a code without its dash. `randomBytes` returns that many random bytes. */
export function makeUserCode(randomBytes: (count: number) => Uint8Array): string {
  let code = ''
  while (code.length < length) {
    for (const byte of randomBytes(length * 2)) {
      // 240 is a multiple of 20, so each letter is equally likely.
      if (byte < 240 && code.length < length) code += letters.charAt(byte % letters.length)
    }
  }
  return code
}

/** Shows a code as people read it: `XXXX-XXXX`. */
export function renderUserCode(code: string): string {
  return `${code.slice(0, length / 2)}-${code.slice(length / 2)}`
}

/** The code in what a person typed, whatever its case, dashes and spaces; undefined if it is not a code. */
export function parseUserCode(text: string): string | undefined {
  const code = text.replace(/[\s\p{Pd}._]/gu, '').toUpperCase()
  const isCode = code.length === length && [...code].every((letter) => letters.includes(letter))
  return isCode ? code : undefined
}
