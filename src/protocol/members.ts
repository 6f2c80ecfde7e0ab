/** An object of JSON, whose members are not checked. */
export type Members = Readonly<Record<string, unknown>>

/** Whether the value is an object, and no list. */
export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The members of an object; none for any other value. */
export function membersOf(value: unknown): Members {
  return isMembers(value) ? { ...value } : {}
}
