/** A word for a POSIX shell, in which nothing between single quotes has a meaning. */
export function shellWord(text: string): string {
  return /^[\w./@:+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}
