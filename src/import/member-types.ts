import { isMembers, type Members } from '../protocol/members.ts'
import type { LeftOut } from './import-plan.ts'

type MemberType = 'flag' | 'text' | 'texts' | 'map'

/** The types that members of a client have, where they are there. */
export interface ClientShape {
  /** Members without which nobody knows what the client may do: with another type in one, it stays out. */
  readonly decisive: Readonly<Record<string, MemberType>>
  readonly others: Readonly<Record<string, MemberType>>
}

const types: Readonly<Record<MemberType, readonly [accepts: (value: unknown) => boolean, wanted: string]>> = {
  flag: [(value) => typeof value === 'boolean', 'true or false'],
  text: [isText, 'a text'],
  texts: [(value) => Array.isArray(value) && value.every(isText), 'a list of texts'],
  map: [isMembers, 'an object'],
}

/**
 * Adds a line for each member with a value of another type, which a reader would take for one that is not there. Returns whether the client
 * can be read all the same.
 */
export function checkTypes(
  { client, what }: { readonly client: Members; readonly what: string },
  { decisive, others }: ClientShape,
  leftOut: LeftOut[],
): boolean {
  const [first] = findWrong(client, decisive)
  if (first !== undefined) {
    leftOut.push({ what, why: first.join(' '), isExpected: false })
    return false
  }
  for (const [name, why] of findWrong(client, others))
    leftOut.push({ what: `${what}: ${name}`, why: `it ${why}`, isExpected: false })
  return true
}

function findWrong(client: Members, shape: ClientShape['decisive']): [name: string, why: string][] {
  return Object.entries(shape).flatMap(([name, type]) => {
    const value = client[name]
    const [accepts, wanted] = types[type]
    return value === undefined || value === null || accepts(value) ? [] : [[name, `is not ${wanted}`]]
  })
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}
