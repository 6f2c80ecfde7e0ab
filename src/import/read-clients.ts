import { type Members, membersOf } from '../protocol/members.ts'
import type { BuiltClient } from './build-client.ts'
import { textOf } from './foreign.ts'
import type { LeftOut, PlannedClient } from './import-plan.ts'
import { type ClientShape, checkTypes } from './member-types.ts'

interface ClientReader {
  /** The member of a client that has its id. */
  readonly idMember: string
  readonly shape: ClientShape
  readonly read: (client: Members) => BuiltClient
}

/** Reads the clients of a list, each id once. What does not come over is added to `leftOut`. */
export function readClients(
  items: readonly unknown[],
  { idMember, shape, read }: ClientReader,
  leftOut: LeftOut[],
): PlannedClient[] {
  const seen = new Set<string>()
  const leaveOut = (what: string, why: string) => {
    leftOut.push({ what, why, isExpected: false })
    return false
  }
  const unique = items.map(membersOf).filter((item, index) => {
    const id = textOf(item[idMember])
    if (id === undefined) return leaveOut(`client number ${index + 1}`, `it has no ${idMember}`)
    if (seen.has(id)) return leaveOut(`client '${id}'`, 'the file has it twice; the first one counts')
    seen.add(id)
    return checkTypes({ client: item, what: `client '${id}'` }, shape, leftOut)
  })
  return unique.flatMap((item) => {
    const { client, leftOut: ofClient } = read(item)
    leftOut.push(...ofClient)
    return client ? [client] : []
  })
}
