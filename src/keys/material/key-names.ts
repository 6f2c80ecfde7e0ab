import { keyFilePattern } from '../../protocol/names.ts'

/**
 * The names that grantd itself gives to files in the folder of a tenant's keys. Nothing but these is ever cleared away.
 *
 * - `KID.pem`: a key that the ring names. Of a key that was generated, but for the first with a `signing.kid`, the kid is the thumbprint.
 * - `.THUMBPRINT.pem.made`: a key that no ring names yet.
 * - `.NAME.0123456789abcdef.tmp`: what is written before it gets its name; earlier builds wrote keys so, and left them when they
 *   were killed.
 */
export function stagedName(thumbprint: string): string {
  return `.${thumbprint}.pem.made`
}

const staged = /^\.([A-Za-z0-9_-][A-Za-z0-9._-]*)\.pem\.made$/
const temporary = /^\.(?:probe|\.?[A-Za-z0-9_-][A-Za-z0-9._-]*\.pem(?:\.made)?)\.[0-9a-f]{16}\.tmp$/
const generated = /^[A-Za-z0-9_-]{43}\.pem$/

/** The thumbprint of the key that is staged under a name; undefined for any other name. */
export function findStagedThumbprint(name: string): string | undefined {
  return staged.exec(name)?.[1]
}

/** Whether only a process that ended before its work was done can have left the name, or one that is at work now. */
export function isUnfinished(name: string): boolean {
  return staged.test(name) || temporary.test(name)
}

/** Whether grantd made the file: all of these go with their tenant. */
export function isOurs(name: string): boolean {
  return isUnfinished(name) || generated.test(name)
}

/** Whether a tenant without a ring could take the file for its key, whoever put it there. */
export function isAnyKey(name: string): boolean {
  return isUnfinished(name) || keyFilePattern.test(name)
}

/** Whether an earlier build left the folder beside those of the tenants, with the first key of one in it. */
export function isFolderAside(name: string, tenantId: string): boolean {
  return name.startsWith(`.${tenantId}.`) && /^[0-9a-f]{16}\.tmp$/.test(name.slice(tenantId.length + 2))
}

/** The tenant whose first key an earlier build left in a folder of this name. */
export function findTenantOfAside(name: string): string | undefined {
  return /^\.([A-Za-z0-9][A-Za-z0-9._-]*)\.[0-9a-f]{16}\.tmp$/.exec(name)?.[1]
}
