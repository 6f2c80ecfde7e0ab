/** The items of a list; none for any other value. */
export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

/** The text; undefined for any other value, and for an empty one. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The texts of a list. */
export function textsOf(value: unknown): readonly string[] {
  return listOf(value).flatMap((each) => textOf(each) ?? [])
}

/** Why a password of a person does not come over. */
export const lostPassword =
  'password: its hash is of a kind that is not known here; grantd user reset makes a link'

/** Why a lifetime does not come over; the default counts. */
export const noLifetime = 'it is no lifetime here, wanted whole seconds up to a year; the default counts'

/** A whole number of seconds that is more than 0. */
export function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : value
  return typeof seconds === 'number' && Number.isSafeInteger(seconds) && seconds > 0 ? seconds : undefined
}
