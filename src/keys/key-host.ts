import type { Exposure } from '../exposure.ts'
import type { Files } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import type { SigningEngine } from './signing/signer.ts'

/** The dependencies of making keys. */
export interface KeyMaker extends Pick<Platform, 'generateKeyPem'> {
  /** Where opened keys sign; default: {@link threadEngine}. */
  readonly engine?: SigningEngine | undefined
}

/** The dependencies of making keys and of reading their files. */
export interface KeyHost extends KeyMaker {
  readonly files: Files
  /** Called for every key file that is used although its group can reach it. */
  readonly onExposure?: (exposure: Exposure) => void
}
