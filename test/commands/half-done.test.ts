import { Database } from 'bun:sqlite'
import { afterEach, beforeEach, expect, test } from 'bun:test'
import { join } from 'node:path'
import { type Managed, startManaged } from './management-kit.ts'

let managed: Managed

async function start(): Promise<void> {
  managed = await startManaged()
  for (const args of [
    ['client', 'add', '--tenant', 'acme', '--client', 'billing'],
    ['tenant', 'add', '--tenant', 'globex'],
    ['tenant', 'add', '--tenant', 'idle'],
    ['tenant', 'disable', '--tenant', 'idle'],
    ['keys', 'generate', '--tenant', 'acme'],
  ])
    expect((await managed.grantd(args)).code).toBe(0)
  withDatabase((database) => database.run(`delete from grantd_records where kind like 'audit%'`))
}

beforeEach(start)
afterEach(() => managed.close())

function withDatabase<T>(work: (database: Database) => T): T {
  const database = new Database(join(managed.folder, 'data/grantd.db'))
  try {
    return work(database)
  } finally {
    database.close()
  }
}

/** From now on nobody writes or deletes a row of this kind. */
function forbid(kind: string): void {
  const refuse = `begin select raise(abort, 'forbidden'); end`
  withDatabase((database) => {
    for (const [verb, row] of [
      ['insert', 'new'],
      ['update', 'new'],
      ['delete', 'old'],
    ])
      database.run(
        `create trigger forbid_${verb} before ${verb} on grantd_records when ${row}.kind = '${kind}' ${refuse}`,
      )
  })
}

const listRows = (condition: string) =>
  withDatabase((database) =>
    JSON.stringify(
      database
        .query(`select tenant, kind, id, value from grantd_records where ${condition} order by 1, 2, 3`)
        .all(),
    ),
  )

const commands = {
  'client.created': ['client', 'add', '--tenant', 'acme', '--client', 'new'],
  'client.changed': ['client', 'disable', '--tenant', 'acme', '--client', 'billing'],
  'client.deleted': ['client', 'remove', '--tenant', 'acme', '--client', 'billing'],
  'secret.added': ['secret', 'rotate', '--tenant', 'acme', '--client', 'billing', '--overlap', '0s'],
  'tenant.created': ['tenant', 'add', '--tenant', 'new', '--issuer', 'https://new.example'],
  'tenant.changed': ['tenant', 'disable', '--tenant', 'globex'],
  'tenant.deleted': ['tenant', 'remove', '--tenant', 'idle'],
  'token.revoked': ['revoke', '--tenant', 'acme', '--client', 'billing'],
  'key.created': ['keys', 'rotate', '--tenant', 'acme'],
}
const kinds = [
  'client',
  'tenant',
  'issuer',
  'revocation',
  'secret_use',
  'keyring',
  'change',
  'audit',
  'audit_head',
]

test.each(Object.entries(commands))(
  'whatever cannot be written, row, answer and event agree: %s',
  async (event, args) => {
    const outcomes = new Set<boolean>()
    for (const kind of kinds) {
      const mine = `kind not like 'audit%' and kind not in ('change', 'secret_use')`
      const before = listRows(mine)
      forbid(kind)
      const { code, out, err } = await managed.grantd(args)
      withDatabase((database) => {
        for (const verb of ['insert', 'update', 'delete']) database.run(`drop trigger forbid_${verb}`)
      })
      const isChanged = listRows(mine) !== before
      const isTold = listRows(`kind = 'audit'`).includes(`\\"${event}\\"`)
      const isWarned = err.includes('warning: audit events are lost')
      expect({ kind, isDone: code === 0, isSaid: out !== '', hasEvent: isTold || isWarned }).toEqual({
        ...{ kind, isDone: isChanged, isSaid: isChanged, hasEvent: isChanged },
      })
      outcomes.add(isChanged)
      await managed.close()
      await start()
    }
    expect(outcomes).toEqual(new Set([true, false]))
  },
  60_000,
)
