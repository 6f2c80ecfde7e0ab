import { suggest } from '../config/suggest.ts'
import { UsageError } from '../platform/arguments.ts'

/** The actions of a command, by the word that names them. */
export type Actions<T> = Readonly<Record<string, T>>

/** The action that `word` names. Throws UsageError with the names of all actions and the one that was probably meant. */
export function getAction<T>(command: string, word: string | undefined, actions: Actions<T>): T {
  const names = Object.keys(actions)
  const action = word !== undefined && Object.hasOwn(actions, word) ? actions[word] : undefined
  if (action !== undefined) return action
  const near = word === undefined ? undefined : suggest(word, names)
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  throw new UsageError(`${command} wants one of ${names.join(', ')}${hint}`)
}
