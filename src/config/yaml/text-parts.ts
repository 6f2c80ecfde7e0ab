import type { NamedText } from './source.ts'

/** The one key of an included file. */
export const includedKey = 'tenants'

/** Why an included file must not have another key. */
export function renderStranger(key: string): string {
  return `${key} is not for an included file, which has ${includedKey} alone; move it to the file that includes this one`
}

/** The files of a configuration in their order, the including one first. */
export function partsOf({ file, text, included }: NamedText): readonly { file: string; text: string }[] {
  return [{ file, text }, ...(included ?? [])]
}
