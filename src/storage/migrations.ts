/** A step from one schema to the next. */
export interface Migration {
  /** A short description of the step. */
  readonly name: string
  readonly statements: readonly string[]
}

const expiryIndex =
  'create index grantd_records_expiry on grantd_records (expires_at, tenant, kind, id) where expires_at is not null'
const parentIndex =
  'create index grantd_records_parent on grantd_records (tenant, kind, parent, id) where parent is not null'

const sqlite: readonly Migration[] = [
  {
    name: 'records',
    statements: [
      `create table grantd_records (
         tenant text not null, kind text not null, id text not null,
         value text not null, version integer not null,
         expires_at integer, used_at integer, parent text,
         primary key (tenant, kind, id)
       ) strict, without rowid`,
      expiryIndex,
      parentIndex,
    ],
  },
  {
    // Without a rowid the rows are in the tree of the primary key, so each search read whole values on its way. The values of audit
    // rows are in pages that SQLite does not keep in memory. With a rowid it reads keys only.
    name: 'keys apart from values',
    statements: [
      'alter table grantd_records rename to grantd_records_1',
      `create table grantd_records (
         tenant text not null, kind text not null, id text not null,
         value text not null, version integer not null,
         expires_at integer, used_at integer, parent text,
         primary key (tenant, kind, id)
       ) strict`,
      `insert into grantd_records (tenant, kind, id, value, version, expires_at, used_at, parent)
         select tenant, kind, id, value, version, expires_at, used_at, parent from grantd_records_1`,
      'drop table grantd_records_1',
      expiryIndex,
      parentIndex,
    ],
  },
]

const postgres: readonly Migration[] = [
  {
    name: 'records',
    statements: [
      `create table grantd_records (
         tenant text collate "C" not null, kind text collate "C" not null, id text collate "C" not null,
         value text not null, version bigint not null,
         expires_at bigint, used_at bigint, parent text collate "C",
         primary key (tenant, kind, id)
       )`,
      expiryIndex,
      parentIndex,
    ],
  },
]

/** All steps, from an empty database. The number of a step is its place, from 1. A released step is never changed. */
export const migrations = { sqlite, postgres } as const
