/**
 * The times (ms since the epoch) that RFC 3339 can write: the years 0 to 9999. A Date has a wider range, writes the others in another
 * form, and throws beyond its range. So parsers of times from outside check these bounds.
 */
export const earliestMoment = -62_167_219_200_000
export const latestMoment = 253_402_300_799_999

/** The longest duration in a row, in seconds. No setting allows more than ten years, and a time plus this duration can be shown. */
export const mostSeconds = 10_000_000_000
