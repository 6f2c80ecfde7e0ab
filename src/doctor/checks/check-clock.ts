import { fault, ok, unknown, type Verdict, warning } from '../finding.ts'

/** What another clock said, and what ours was before and after. All in milliseconds since the epoch. */
export interface ClockReading {
  /** The other clock, for the message. */
  readonly of: string
  /** The other time was at least this, */
  readonly earliest: number
  /** and at most this: a Date header has whole seconds. */
  readonly latest: number
  readonly askedAt: number
  readonly answeredAt: number
}

/** Milliseconds. Tokens are checked with a leeway of some seconds, and certificates and codes live for minutes. */
const [tolerable, bearable] = [2000, 30_000]

/** Compares the clock with others. */
export function checkClock(readings: readonly ClockReading[]): Verdict[] {
  if (readings.length === 0) {
    return [
      unknown(
        'no other clock was reached: the server is on this machine or does not answer; name one elsewhere with --url, or look at timedatectl',
      ),
    ]
  }
  return readings.map(compare)
}

function compare(reading: ClockReading): Verdict {
  const difference = differenceOf(reading)
  const size = Math.abs(difference)
  const { of } = reading
  if (size <= tolerable) return ok(`the clock agrees with that of ${of}`)
  const place = `${seconds(size)} s ${difference > 0 ? 'behind' : 'ahead of'} that of ${of}`
  const next = 'let both follow NTP (timedatectl set-ntp true)'
  if (size <= bearable) return warning(`the clock is ${place}, wanted at most 2 s; ${next}`)
  return fault(
    `the clock is ${place}, wanted at most 2 s: tokens are refused as expired or as too new; ${next}`,
  )
}

/** How far the other clock is ahead of ours, at least. */
function differenceOf({ earliest, latest, askedAt, answeredAt }: ClockReading): number {
  if (earliest > answeredAt) return earliest - answeredAt
  return latest < askedAt ? latest - askedAt : 0
}

function seconds(milliseconds: number): string {
  return (milliseconds / 1000).toFixed(1)
}
