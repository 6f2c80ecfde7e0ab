import { isMembers } from '../protocol/members.ts'
import { BackupError } from './backup-error.ts'

/** A file of a backup: its name in data_dir. */
export interface BackupPart {
  readonly name: string
  readonly size: number
  /** In hex. */
  readonly sha256: string
}

/** The first file of a backup, which says what follows. */
export interface Manifest {
  /** The form of the backup. A reader refuses a higher one. */
  readonly format: number
  /** The version of grantd that made it. */
  readonly made_by: string
  /** The moment of the copy of the database, ISO 8601. */
  readonly made_at: string
  /** The schema of the database. */
  readonly schema: number
  /** The tenants of the configuration and of the database. */
  readonly tenants: readonly string[]
  readonly parts: readonly BackupPart[]
  /** Files that the configuration names and that are not in the backup. */
  readonly left_out: readonly string[]
}

export const backupFormat = 1
export const manifestName = 'manifest.json'
/** Bytes. */
export const largestManifest = 64 * 1024 * 1024

export const databaseName = 'grantd.db'
export const configFolder = 'restored-config'

/** Exactly the files that a backup may have. No part of a path is `..`, so that no name leads out of the folder of a restore. */
const partName =
  /^(?:grantd\.db|keys\/[A-Za-z0-9][A-Za-z0-9._-]*\/\.?[A-Za-z0-9_-][A-Za-z0-9._-]*|restored-config(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*){1,32})$/

/** Throws {@link BackupError}. */
export function parseManifest(bytes: Uint8Array): Manifest {
  const value = parseJson(bytes)
  if (!isMembers(value) || typeof value['format'] !== 'number') throw refuse('it is no manifest of grantd')
  if (value['format'] > backupFormat)
    throw new BackupError(
      `The backup has form ${value['format']}, and this grantd knows ${backupFormat}: a newer grantd made it; restore it with that one`,
    )
  const { format, made_by, made_at, schema, tenants, parts, left_out } = value
  if (
    !isText(made_by) ||
    !isText(made_at) ||
    Number.isNaN(Date.parse(made_at)) ||
    !Number.isSafeInteger(schema)
  )
    throw refuse('made_by, made_at or schema is wrong')
  if (!isTexts(tenants) || !isTexts(left_out) || !Array.isArray(parts) || !parts.every(isPart))
    throw refuse('tenants, left_out or parts is wrong')
  const names = parts.map(({ name }) => name)
  if (new Set(names).size < names.length || names.filter((name) => name === databaseName).length !== 1)
    throw refuse('a part is named twice, or the database is missing')
  return { format, made_by, made_at, schema: Number(schema), tenants, parts, left_out }
}

function refuse(reason: string): BackupError {
  return new BackupError(`The backup has a wrong ${manifestName}: ${reason}`)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch {
    throw refuse('it is no JSON')
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every(isText)
}

function isPart(value: unknown): value is BackupPart {
  if (!isMembers(value)) return false
  const { name, size, sha256 } = value
  return (
    isText(name) &&
    partName.test(name) &&
    Number.isSafeInteger(size) &&
    Number(size) >= 0 &&
    isText(sha256) &&
    /^[0-9a-f]{64}$/.test(sha256)
  )
}
