import type { Hashing } from '../../platform/hashing.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Storage } from '../../storage/storage.ts'
import { LimitKey } from '../limit-key.ts'
import { type SignInRateSettings, SignInRates } from './sign-in-rates.ts'
import { type TokenRateSettings, TokenRates } from './token-rates.ts'

export interface RatesOptions extends Pick<Platform, 'after' | 'now' | 'randomBytes'> {
  readonly settings: TokenRateSettings & SignInRateSettings
  readonly storage: Storage
  readonly hashing: Hashing
  /** Called when the storage cannot be used. */
  readonly onError: (cause: unknown) => void
}

/** The rates that `limits` of config.yaml sets; see README.md. */
export class Rates {
  readonly tokens: TokenRates
  readonly signIns: SignInRates

  constructor(options: RatesOptions) {
    this.tokens = new TokenRates(options)
    this.signIns = new SignInRates({ ...options, key: new LimitKey(options) })
  }

  /** Writes all waiting counts; never throws. */
  async flush(): Promise<void> {
    await Promise.all([this.tokens.flush(), this.signIns.flush()])
  }
}
