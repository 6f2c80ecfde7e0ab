/** One step from a schema to the next. */
export interface Migration {
  /** What it does, in few words. */
  readonly name: string
  readonly statements: Readonly<Record<'sqlite' | 'postgres', readonly string[]>>
}

/**
 * The steps from nothing to the schema of this grantd; the number of a step is its place, from 1. Append only: a step
 * that was released is never changed.
 */
export const migrations: readonly Migration[] = [
  {
    name: 'records',
    statements: {
      sqlite: [
        `create table grantd_records (
           tenant text not null, kind text not null, id text not null,
           value text not null, version integer not null,
           expires_at integer, used_at integer, parent text,
           primary key (tenant, kind, id)
         ) strict, without rowid`,
        'create index grantd_records_expiry on grantd_records (expires_at, tenant, kind, id) where expires_at is not null',
        'create index grantd_records_parent on grantd_records (tenant, kind, parent, id) where parent is not null',
      ],
      postgres: [
        `create table grantd_records (
           tenant text collate "C" not null, kind text collate "C" not null, id text collate "C" not null,
           value text not null, version bigint not null,
           expires_at bigint, used_at bigint, parent text collate "C",
           primary key (tenant, kind, id)
         )`,
        'create index grantd_records_expiry on grantd_records (expires_at, tenant, kind, id) where expires_at is not null',
        'create index grantd_records_parent on grantd_records (tenant, kind, parent, id) where parent is not null',
      ],
    },
  },
]
