/** The `acr` of a login with a password (OpenID Connect Core section 2). A level, as many providers count them: 1 is one factor. */
export const passwordAcr = '1'

/** Every `acr` that a login can have, for the metadata. */
export const acrValues: readonly string[] = [passwordAcr]
