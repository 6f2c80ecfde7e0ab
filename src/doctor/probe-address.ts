import { CommandError } from '../cli/command.ts'
import { ask } from '../cli/remote/http-client.ts'
import type { Platform } from '../platform/platform.ts'
import { findRefusals } from '../refusals/refusal-book.ts'
import type { Storage } from '../storage/storage.ts'
import type { Probed } from './checks/check-proxy.ts'

export interface ProbeOptions {
  readonly base: string
  readonly header: 'x-forwarded-for' | 'forwarded'
  readonly storage: Storage
  readonly platform: Pick<Platform, 'environment' | 'fetch' | 'after'>
}

/** Looks for the refusal, and milliseconds between them: a server writes refusals half a second after the first. */
const [looks, pause] = [12, 250]

/**
 * Sends a request that is refused because its token is none, and reads in the storage which address the server noted for it. The token
 * is no secret, and nothing is issued or revoked.
 */
export async function probeAddress(spoofed: string | undefined, options: ProbeOptions): Promise<Probed> {
  const { base, header, storage, platform } = options
  const value = header === 'forwarded' ? `for=${spoofed}` : spoofed
  const headers = { Authorization: 'Bearer grantd-doctor', ...(spoofed && value && { [header]: value }) }
  try {
    const answer = await ask(`${base}/api/v1/protected-resource`, { platform, init: { headers } })
    const id = answer.headers.get('x-request-id')
    if (answer.status !== 401 || id === null)
      return {
        why: `${base} answers ${answer.status} to a token that is none, wanted 401 with an X-Request-Id`,
      }
    for (let look = 0; look < looks; look++) {
      const found = (await findRefusals(storage, id)).refusals.at(-1)?.address
      if (found !== undefined) return { seen: found }
      await new Promise<void>((resolve) => void platform.after(pause, resolve))
    }
    return { why: `the server at ${base} noted no refusal in this storage; it may have another one` }
  } catch (cause) {
    if (cause instanceof CommandError) return { why: cause.message }
    throw cause
  }
}
