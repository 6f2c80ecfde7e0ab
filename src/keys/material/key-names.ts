import { keyFilePattern } from '../../protocol/names.ts'

/**
 * The names that grantd itself gives to files in the folder of a tenant's keys. Files with other names are never removed.
 *
 * - `KID.pem`: a key that the ring names. The kid of a generated key is its thumbprint, except for a first key with a `signing.kid`.
 * - `.THUMBPRINT.pem.made`: a key that no ring names yet.
 * - `.NAME.0123456789abcdef.tmp`: a file that is being written. Earlier builds wrote keys under such names, and left them when they were
 *   killed.
 */
export function stagedName(thumbprint: string): string {
  return `.${thumbprint}.pem.made`
}

const staged = /^\.([A-Za-z0-9_-][A-Za-z0-9._-]*)\.pem\.made$/
const temporary = /^\.(?:probe|\.?[A-Za-z0-9_-][A-Za-z0-9._-]*\.pem(?:\.made)?)\.[0-9a-f]{16}\.tmp$/
const generated = /^[A-Za-z0-9_-]{43}\.pem$/

/** Finds the thumbprint in the name of a staged key; undefined for any other name. */
export function findStagedThumbprint(name: string): string | undefined {
  return staged.exec(name)?.[1]
}

/** Whether the file is unfinished. A killed process left it, or another process is writing it now. */
export function isUnfinished(name: string): boolean {
  return staged.test(name) || temporary.test(name)
}

/** Whether grantd made the file. All such files are removed with their tenant. */
export function isOurs(name: string): boolean {
  return isUnfinished(name) || generated.test(name)
}

/** Whether a tenant without a ring could take the file for its key, including files of the operator. */
export function isAnyKey(name: string): boolean {
  return isUnfinished(name) || keyFilePattern.test(name)
}

/** Finds the tenant whose first key an earlier build left in a folder of this name, beside the folders of the tenants. */
export function findTenantOfAside(name: string): string | undefined {
  return /^\.([A-Za-z0-9][A-Za-z0-9._-]*)\.[0-9a-f]{16}\.tmp$/.exec(name)?.[1]
}
