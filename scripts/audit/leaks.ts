/** The forms of secrets that their makers gave a mark, so that a scan finds them. */
const marks: Readonly<Record<string, RegExp>> = {
  'a private key': /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s*[A-Za-z0-9+/=]{16}/,
  'a key of AWS': /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/,
  'a token of GitHub': /\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{60}/,
  'a token of GitLab': /\bglpat-[\w-]{20}/,
  'a token of Slack': /\bxox[abprs]-[\w-]{10}/,
  'a key of Google': /\bAIza[\w-]{35}/,
  'a token of npm': /\bnpm_[A-Za-z0-9]{36}/,
  'a key of Stripe': /\b[rs]k_live_[A-Za-z0-9]{20}/,
}

/** One line for each secret in a text. */
export function findLeaks(file: string, text: string): string[] {
  return Object.entries(marks).flatMap(([what, mark]) => {
    const at = text.search(mark)
    return at < 0 ? [] : [`${file}:${text.slice(0, at).split('\n').length} has ${what} in it`]
  })
}
