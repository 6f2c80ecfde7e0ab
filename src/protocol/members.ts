/** The value of a JSON text; undefined for everything else. */
export function parseJson(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

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
