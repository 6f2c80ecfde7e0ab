import type { FileFacts } from '../../platform/files.ts'

/** A text that is another one after each change of a file, also when another file takes its name. */
export function stampOf(facts: FileFacts | undefined): string {
  return facts ? `${facts.identity} ${facts.size} ${facts.modifiedAt} ${facts.changedAt}` : 'missing'
}
