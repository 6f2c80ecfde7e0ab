/** `grnt`: the PRAGMA application_id of our files. */
export const applicationId = 0x67726e74
