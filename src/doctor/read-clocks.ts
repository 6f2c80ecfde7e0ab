import { CommandError } from '../cli/command.ts'
import { ask } from '../cli/remote/http-client.ts'
import type { Platform } from '../platform/platform.ts'
import { isLoopbackUrl } from '../protocol/url/uri.ts'
import type { ClockReading } from './checks/check-clock.ts'
import type { Opened } from './patient.ts'

/** The clocks that can be reached and are not this machine's own: of the server's URL, and of the database server. */
export async function readClocks(
  { base, storage }: Pick<Opened, 'base' | 'storage'>,
  platform: Pick<Platform, 'environment' | 'fetch' | 'now'>,
): Promise<ClockReading[]> {
  const readings: ClockReading[] = []
  const dated = isLoopbackUrl(base) ? undefined : await readDate(base, platform)
  if (dated) readings.push(dated)
  if (!(storage instanceof Error) && storage.clock) {
    const { at, askedAt, answeredAt } = storage.clock
    readings.push({ of: storage.place, earliest: at, latest: at, askedAt, answeredAt })
  }
  return readings
}

/** The Date header of any answer (RFC 9110 section 6.6.1), which a proxy writes too. */
async function readDate(
  base: string,
  platform: Pick<Platform, 'environment' | 'fetch' | 'now'>,
): Promise<ClockReading | undefined> {
  const askedAt = platform.now()
  try {
    const { headers } = await ask(`${base}/health/live`, { platform })
    const earliest = Date.parse(headers.get('date') ?? '')
    if (Number.isNaN(earliest)) return undefined
    return { of: base, earliest, latest: earliest + 1000, askedAt, answeredAt: platform.now() }
  } catch (cause) {
    // The check of the issuers says that it does not answer.
    if (cause instanceof CommandError) return undefined
    throw cause
  }
}
