/**
 * The form of every name that becomes part of a path. Code checks a name from outside or from a row of the database against its form
 * before it uses the name. No name of these forms can leave its folder.
 */

/** The id of a tenant. Every URL of the tenant contains it, and it names the folder of its keys. */
export const tenantIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

/** A key id that a person chose, `signing.kid`. */
export const chosenKidPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** Any key id of ours: a chosen one, or an RFC 7638 thumbprint, which may begin with any letter of base64url. */
export const kidPattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/

/** The file of a private key in the folder of its tenant. */
export const keyFilePattern = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,250}\.pem$/

/** The key of a person in config.yaml, with which the person can sign in. It has no `@`, so it is no e-mail address. */
export const userKeyPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/
