/** A process that writes to a SQLite file as a server under load does; sqlite-processes.test.ts runs several. */
import { AuditLog } from '../../src/audit/audit-log.ts'
import { secretUses } from '../../src/clients/client-row.ts'
import { detectPlatform } from '../../src/platform/detect.ts'
import { LastUse } from '../../src/storage/last-use.ts'
import { openStorage } from '../../src/storage/open.ts'
import { revocations } from '../../src/tokens/revocation-row.ts'

const [path = '', name = '', rounds = '0'] = process.argv.slice(2)
/** Requests at once. */
const atOnce = 16

const platform = await detectPlatform()
const complaints: string[] = []
// Servers that start and stop beside those that write: the last one to close puts the -wal away.
for (let opening = 0; opening < 100; opening++) {
  await (await openStorage({ kind: 'sqlite', path }, platform)).close()
}
const storage = await openStorage({ kind: 'sqlite', path }, platform)
const log = (_: unknown, text: string) => void complaints.push(text)
const audit = new AuditLog({ ...platform, storage, log, retainSeconds: 1000 })
const onError = (cause: unknown) => void complaints.push(String(cause))
const lastUse = new LastUse({ storage, after: platform.after, isThere: async () => true, onError })
const rows = storage.of('acme').of(revocations)

let slowest = 0
async function revoke(id: string): Promise<void> {
  const started = platform.monotonic()
  try {
    if (!(await rows.create({ id, value: { before: 1 }, expiresAt: 1e15 })))
      complaints.push(`${id} was there`)
    // What was answered is seen by whoever asks next, here and in every other process.
    if (!(await rows.find(id))) complaints.push(`${id} is not there`)
  } catch (cause) {
    complaints.push(String(cause))
  }
  slowest = Math.max(slowest, platform.monotonic() - started)
  audit.record({ type: 'token.revoked', tenant: 'acme', outcome: 'success', actor: name, detail: { id } })
  lastUse.note({ tenantId: 'acme', kind: secretUses, id: name, at: 1, create: { parent: 'acme' } })
}

for (let round = 0; round < Number(rounds); round++) {
  await Promise.all(Array.from({ length: atOnce }, (_, n) => revoke(`${name}:${round * atOnce + n}`)))
  if (round % 10 === 0) {
    await rows.create({ id: `old:${name}:${round}`, value: { before: 1 }, expiresAt: 1 })
    await storage.deleteExpired(1, 10)
    await storage.tidy()
    void audit.flush()
    void lastUse.flush()
  }
  // As requests come: after the answers to those before.
  await new Promise<void>((resolve) => platform.nextTurn(resolve))
}
await audit.close()
await lastUse.flush()
await storage.close()
process.stdout.write(JSON.stringify({ complaints: complaints.slice(0, 10), slowest }))
