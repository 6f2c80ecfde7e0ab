import { type Members, membersOf } from '../protocol/members.ts'
import type { BuiltClient } from './build-client.ts'
import { textOf } from './foreign.ts'
import type { LeftOut, PlannedClient } from './import-plan.ts'

interface ClientReader {
  /** The member of a client that has its id. */
  readonly idMember: string
  readonly read: (client: Members) => BuiltClient
}

/** Reads the clients of a list, each id once. What does not come over is added to `leftOut`. */
export function readClients(
  items: readonly unknown[],
  { idMember, read }: ClientReader,
  leftOut: LeftOut[],
): PlannedClient[] {
  const seen = new Set<string>()
  return items.map(membersOf).flatMap((item, index) => {
    const id = textOf(item[idMember])
    if (id === undefined) {
      leftOut.push({ what: `client number ${index + 1}`, why: `it has no ${idMember}`, isExpected: false })
      return []
    }
    if (seen.has(id)) {
      const why = 'the file has it twice; the first one counts'
      leftOut.push({ what: `client '${id}'`, why, isExpected: false })
      return []
    }
    seen.add(id)
    const { client, leftOut: ofClient } = read(item)
    leftOut.push(...ofClient)
    return client ? [client] : []
  })
}
