import { findRows, insertOne, type SqlDatabase, swapOne } from '../sql.ts'

/** The database inside a transaction, whose statements `query` runs. A transaction in it is part of it. */
export function insideTransaction(query: SqlDatabase['write']): SqlDatabase {
  const database: SqlDatabase = {
    name: 'sqlite',
    read: query,
    write: query,
    find: (rows) => findRows(database, rows),
    insert: (row) => insertOne(database, row),
    swap: (row) => swapOne(database, row),
    transaction: (work) => work(database),
    tidy: async () => {},
    close: async () => {},
  }
  return database
}
