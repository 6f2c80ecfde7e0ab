import { parseDocument } from 'yaml'

/** Reads a YAML file of another program; undefined if it is none. Aliases are refused, because a few can stand for gigabytes. */
export function parseForeignYaml(text: string): unknown {
  try {
    const document = parseDocument(text, { logLevel: 'silent' })
    return document.errors.length > 0 ? undefined : (document.toJS({ maxAliasCount: 0 }) ?? undefined)
  } catch {
    return undefined
  }
}
