/** What templates and shells would have filled in, as a message names it, and how it is found. */
const forms: readonly (readonly [shown: string, pattern: RegExp])[] = [
  [`\${...}`, /\$\{[^}]*\}/],
  ['$(...)', /\$\([^)]*\)/],
  ['{{...}}', /\{\{.*\}\}/s],
  ['<%...%>', /<%.*%>/s],
  ['#{...}', /#\{[^}]*\}/],
  ['$NAME', /^\$[A-Z_][A-Z0-9_]*(?:$|[/\\])/],
  ['%NAME%', /^%[A-Z_][A-Z0-9_]*%(?:$|[/\\])/],
]

/** The form of a placeholder that nobody filled in, such as `${...}`; undefined where there is none. It never quotes the text. */
export function findPlaceholder(text: string): string | undefined {
  // Most texts have none of these characters.
  return /[${%]/.test(text) ? forms.find(([, pattern]) => pattern.test(text))?.[0] : undefined
}
