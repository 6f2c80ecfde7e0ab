/**
 * The contract under Deno: `deno run run-under-deno.ts sqlite PATH` or `... postgres URL`. Writes one line of JSON for each
 * case, its name and, when it failed, why.
 */
import process from 'node:process'
import { nodePlatform } from '../../../src/platform/node/node-process.ts'
import { openStorage } from '../../../src/storage/open.ts'
import { longTimes } from '../../support/postgres-times.ts'
import { contractOf } from './contract.ts'

const [kind, place = ''] = process.argv.slice(2)
const storage = await openStorage(
  kind === 'sqlite' ? { kind: 'sqlite', path: place } : { kind: 'postgres', url: place, ...longTimes },
  nodePlatform(),
)
for (const [name, run] of Object.entries(contractOf())) {
  const failure = await run(storage).then(
    () => undefined,
    (cause: unknown) => (cause instanceof Error ? (cause.stack ?? cause.message) : String(cause)),
  )
  console.log(JSON.stringify({ name, failure }))
}
