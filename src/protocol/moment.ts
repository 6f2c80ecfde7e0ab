/**
 * The times (ms since the epoch) that RFC 3339 can write: the years 0 to 9999. A Date holds more and writes them in other forms, and
 * beyond that it throws: what comes from outside is held to these bounds where it is parsed.
 */
export const earliestMoment = -62_167_219_200_000
export const latestMoment = 253_402_300_799_999

/** Seconds of the longest duration in a row: no setting allows more than ten years, and a time plus one of these can be shown. */
export const mostSeconds = 10_000_000_000
