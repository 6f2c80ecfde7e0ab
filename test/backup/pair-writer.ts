import { DatabaseSync } from 'node:sqlite'

declare const self: Worker

/** Writes the same number for two tenants in each transaction, until it is ended. */
self.onmessage = ({ data: path }: MessageEvent<string>) => {
  const database = new DatabaseSync(path)
  database.exec('pragma busy_timeout = 5000; pragma synchronous = off')
  const write = database.prepare(
    `insert into grantd_records (tenant, kind, id, value, version, parent) values (?, 'consent', 'pair', ?, 1, 'ann')
     on conflict do update set value = excluded.value`,
  )
  for (let number = 1; number < 100_000; number++) {
    database.exec('begin immediate')
    for (const tenant of ['a', 'b']) write.run(tenant, JSON.stringify({ scopes: [], given_at: number }))
    database.exec('commit')
    if (number === 5) self.postMessage('ready')
  }
}
