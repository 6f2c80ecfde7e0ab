/**
 * The form of every name that becomes a part of a path. A name from outside or out of a row of the database is compared with its form
 * before it is used: none of these can leave the folder that it is looked for in.
 */

/** The id of a tenant. It stands in every URL of the tenant, and names the folder of its keys. */
export const tenantIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** A key id that a person chose, `signing.kid`. */
export const chosenKidPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Any key id of ours: a chosen one, or an RFC 7638 thumbprint, which may begin with any letter of base64url. */
export const kidPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/

/** The file of a private key in the folder of its tenant. */
export const keyFilePattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,250}\.pem$/
