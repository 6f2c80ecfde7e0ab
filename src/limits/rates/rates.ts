import type { Hashing } from '../../platform/hashing.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Storage } from '../../storage/storage.ts'
import { LimitKey } from '../limit-key.ts'
import { type SignInRateSettings, SignInRates } from './sign-in-rates.ts'
import { type TokenRateSettings, TokenRates } from './token-rates.ts'
import { type WrongCodeSettings, WrongCodes } from './wrong-codes.ts'

export interface RatesOptions extends Pick<Platform, 'after' | 'now' | 'randomBytes'> {
  readonly settings: TokenRateSettings & SignInRateSettings & WrongCodeSettings
  readonly storage: Storage
  readonly hashing: Hashing
  /** Called when the storage cannot be used. */
  readonly onError: (cause: unknown) => void
}

/** The rates that `limits` of config.yaml sets; see README.md. */
export class Rates {
  readonly tokens: TokenRates
  readonly signIns: SignInRates
  readonly wrongCodes: WrongCodes

  constructor(options: RatesOptions) {
    this.tokens = new TokenRates(options)
    const findStoredNames = namesUnder(new LimitKey(options), options.hashing)
    this.signIns = new SignInRates({ ...options, findStoredNames })
    this.wrongCodes = new WrongCodes({ ...options, findStoredNames })
  }

  /** Writes all waiting counts; never throws. */
  async flush(): Promise<void> {
    await Promise.all([this.tokens.flush(), this.signIns.flush(), this.wrongCodes.flush()])
  }
}

/** Names under the shared key, so that a stolen database names no address and no browser. */
export function namesUnder(
  key: Pick<LimitKey, 'read'>,
  hashing: Pick<Hashing, 'hmacSha256'>,
): () => Promise<(name: string) => string> {
  return async () => {
    const shared = await key.read()
    return (name) => hashing.hmacSha256(shared, `rate\0${name}`).toHex().slice(0, 16)
  }
}
