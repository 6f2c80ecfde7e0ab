/** What differs from run to run, and what stands for it on both sides of a comparison; the order matters. */
const varying: readonly (readonly [pattern: RegExp, instead: string])[] = [
  // A person has a random sub, and a link a random secret.
  [/(?<=link=)[\w-]{22}\.[\w-]{43}/g, '<link>'],
  [/"sub":"[\w-]{22}"/g, '"sub":"<sub>"'],
  [/^[\w-]{22}(?= {2}(?:in)?active)/gm, '<sub>'],
  [/(?<![\w-])eyJ[\w.-]*/g, '<jwt>'],
  [/gds_[\w.]+/g, '<secret>'],
  [/\bak_[\w-]{22}(?![\w-])/g, 'ak_<id>'],
  [/\bid: "[0-9a-f]{8}"/g, 'id: "<secret id>"'],
  [/\b20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z| UTC)/g, '<time>'],
  [/\b(in|for) \d+ (second|minute|hour)s?\b/g, 'in <while>'],
  // What was issued a moment ago, on a machine that is busy.
  [/, (now|\d second(s)? ago)$/gm, ', now'],
  [/\b[12]\d{9}\b/g, '<seconds>'],
  [/\b[0-9a-f]{64}\b/g, '<sha256>'],
  [/\b[0-9a-f]{32}\b/g, '<request id>'],
  [/\b[B-Z]{4}-[B-Z]{4}\b/g, '<user code>'],
  [/(?<=The password, shown this once: )\S+/g, '<password>'],
  [/"n":"[^"]*"/g, '"n":"<modulus>"'],
  [/(?<![\w-])[\w-]{43}(?![\w-])/g, '<thumbprint>'],
  [/"jti":"[^"]*"/g, '"jti":"<id>"'],
  [/^( *jti +)\S+$/gm, '$1<id>'],
  [/"duration_ms":[\d.]+/g, '"duration_ms":<time>'],
  [/\bgrantd \d+\.\d+\.\d+\S* \(\w+\)/g, 'grantd <version>'],
  [/"version":"[^"]*"/g, '"version":"<version>"'],
  [/^Content-Length: \d+$/gm, 'Content-Length: <length>'],
  [/^Date: .*$/gm, 'Date: <time>'],
]

function normalize(text: string): string {
  const plain = text.replaceAll('\r', '').trim()
  return varying.reduce((current, [pattern, instead]) => current.replace(pattern, instead), plain)
}

/**
 * What of the expected output is missing in the actual one: empty when it is all there, in its order. A line `...`
 * stands for any lines; without one, nothing more may be printed.
 */
export function findMissing(expected: string, actual: string): string[] {
  const parts = `\n${normalize(expected)}\n`.split(/(?<=\n)\.\.\.\n/)
  const text = `\n${normalize(actual)}\n`
  if (parts.length === 1) return text === parts[0] ? [] : [difference(parts[0] ?? '', text)]
  const missing: string[] = []
  let from = 0
  for (const part of parts) {
    const wanted = from === 0 ? part : part.replace(/^\n/, '')
    const at = text.indexOf(wanted, from)
    if (at < 0) missing.push(difference(wanted, text))
    else from = at + wanted.length - 1
  }
  return missing
}

function difference(expected: string, actual: string): string {
  return `--- the document says\n${expected.trim()}\n--- printed was\n${actual.trim()}`
}
