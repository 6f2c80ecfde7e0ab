import { OAuthError, tooManyRequests } from '../../protocol/errors.ts'
import { groupOf } from '../address-group.ts'
import { RateBooks, type RateBooksOptions } from './rate-books.ts'

/** Members of `limits` in config.yaml. */
export interface WrongCodeSettings {
  readonly enabled: boolean
  readonly failures_per_address: number
  readonly failures_per_client: number
}

export interface WrongCodesOptions extends Omit<RateBooksOptions, 'id'> {
  readonly settings: WrongCodeSettings
}

export interface CodeSender {
  readonly tenantId: string
  readonly clientId: string
  readonly address: string | undefined
}

/**
 * Counts codes and refresh tokens that are wrong, by the address and by the client. Above the rate of the client, each address has one a minute. See
 * README.md.
 */
export class WrongCodes {
  readonly #options: WrongCodesOptions
  readonly #books: RateBooks

  constructor(options: WrongCodesOptions) {
    this.#options = options
    this.#books = new RateBooks({ ...options, id: 'wrong-codes' })
  }

  /** Counts one. Returns the error of status 429 that replaces its own if the address sent too many. Calls `onBlock` when that begins. */
  count(
    { tenantId, clientId, address }: CodeSender,
    onBlock: (seconds: number) => void,
  ): OAuthError | undefined {
    const { settings, now } = this.#options
    if (!settings.enabled) return undefined
    const at = now()
    const group = groupOf(address)
    const open = (name: string, rate: number) => this.#books.open(tenantId, name, rate)
    const count = open(`a ${group}`, settings.failures_per_address)
    const ofClient = open(`c ${clientId}`, settings.failures_per_client)
    const counts = [count, ...(ofClient.wait(at) > 0 ? [open(`p ${group} ${clientId}`, 1)] : [])]
    const retryAfterSeconds = Math.ceil(Math.max(...counts.map((one) => one.wait(at))) / 1000)
    if (retryAfterSeconds === 0) {
      // Above its rate the client is not counted, or it would have to wait for ever.
      for (const one of counts.length > 1 ? counts : [count, ofClient]) this.#books.add(one, at)
      return undefined
    }
    if (count.isToBeTold(at)) onBlock(retryAfterSeconds)
    return new OAuthError('temporarily_unavailable', 'Too many failed attempts; try again later', {
      status: tooManyRequests,
      reason: 'too_many_wrong_codes',
      retryAfterSeconds,
      finding: {
        check: 'wrong codes and refresh tokens from one address',
        saw: `more than ${settings.failures_per_address} in a minute, or ${settings.failures_per_client} of this client from all addresses; this one is wrong too`,
        wanted: `a right one, or none for ${retryAfterSeconds} s`,
      },
    })
  }

  /** Writes all waiting counts; never throws. */
  flush(): Promise<void> {
    return this.#books.flush()
  }
}
