import { type Static, Type } from '@sinclair/typebox'
import type { ReadonlySettings } from './fill-settings.ts'
import { FileOrNull, MapOf } from './schema-kinds.ts'
import { LogConfig } from './service/log-schema.ts'
import {
  AdminConfig,
  AuditConfig,
  LimitsConfig,
  PostgresConfig,
  RefusalsConfig,
  ServerConfig,
} from './service-schema.ts'
import { TenantConfig } from './tenant-schema.ts'

/**
 * The one description of config.yaml. Its static type `Config` is the content of the file with every default filled in. The reader
 * (yaml/read.ts) walks this schema and refuses a key that is not in it.
 */
export const Config = Type.Object(
  {
    server: ServerConfig,
    data_dir: Type.String({
      minLength: 1,
      format: 'path',
      default: './data',
      description: 'Folder for keys and for the database, relative to this file',
    }),
    storage: Type.String({
      format: 'storage',
      default: 'sqlite',
      description: 'sqlite (data_dir/grantd.db), memory (nothing is kept), or postgres://user@host/database',
    }),
    postgres: PostgresConfig,
    master_key_file: FileOrNull(
      'File with the key that encrypts signing keys in Postgres; else the environment variable GRANTD_MASTER_KEY',
    ),
    admin: Type.Optional(AdminConfig),
    audit: AuditConfig,
    refusals: RefusalsConfig,
    limits: LimitsConfig,
    log: LogConfig,
    swagger: Type.Boolean({
      default: true,
      description: 'Serve the Swagger page and the OpenAPI document at /swagger',
    }),
    include: Type.Array(Type.String({ minLength: 1, format: 'path' }), {
      default: [],
      description:
        'Files with further tenants, relative to this file, such as tenants.d/*.yaml: each has the key tenants alone. * and ? stand in the last part of a path',
    }),
    tenants: MapOf('tenant-id', TenantConfig, {
      default: {},
      description: 'Tenants by id',
    }),
  },
  { title: 'config.yaml of grantd' },
)
export type Config = Static<typeof Config>

/** The settings of the whole server, without the tenants. */
export type ServiceSettings = ReadonlySettings<Omit<Config, 'tenants'>>
