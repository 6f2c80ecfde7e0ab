import { membersOf, textOf } from './foreign.ts'
import type { LeftOut } from './import-plan.ts'

/** The items that have a text in `member`, each text once; the others are added to `leftOut`. */
export function uniqueBy(
  member: string,
  kind: string,
  items: readonly unknown[],
  leftOut: LeftOut[],
): unknown[] {
  const seen = new Set<string>()
  return items.filter((item, index) => {
    const id = textOf(membersOf(item)[member])
    const isNew = id !== undefined && !seen.has(id)
    if (id === undefined)
      leftOut.push({ what: `${kind} number ${index + 1}`, why: `it has no ${member}`, isExpected: false })
    else if (!isNew)
      leftOut.push({
        what: `${kind} '${id}'`,
        why: 'the file has it twice; the first one counts',
        isExpected: false,
      })
    if (id !== undefined) seen.add(id)
    return isNew
  })
}
