/** The placeholders of templates and shells: how a message names each, and the pattern that finds it. */
const forms: readonly (readonly [shown: string, pattern: RegExp])[] = [
  [`\${...}`, /\$\{[^}]*\}/],
  ['$(...)', /\$\([^)]*\)/],
  ['{{...}}', /\{\{.*\}\}/s],
  ['<%...%>', /<%.*%>/s],
  ['#{...}', /#\{[^}]*\}/],
  ['$NAME', /^\$[A-Z_][A-Z0-9_]*(?:$|[/\\])/],
  ['%NAME%', /^%[A-Z_][A-Z0-9_]*%(?:$|[/\\])/],
]

/** Returns the form of a placeholder in the text, such as `${...}`, or undefined. It never quotes the text. */
export function findPlaceholder(text: string): string | undefined {
  // A fast test: most texts have none of these characters.
  return /[${%]/.test(text) ? forms.find(([, pattern]) => pattern.test(text))?.[0] : undefined
}
