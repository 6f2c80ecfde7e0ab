/** The grant types that this server knows (RFC 6749 section 4); grants/grant-table.ts has one Grant for each. */
export const grantTypes = ['client_credentials'] as const

export type GrantType = (typeof grantTypes)[number]
