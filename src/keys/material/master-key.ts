import type { Hashing } from '../../platform/hashing.ts'
import { KeyError } from '../key-plan.ts'

/** A key that encrypts signing keys. */
export interface MasterKey {
  /** The first 8 hex digits of its SHA-256, which identify the key and reveal nothing of it. */
  readonly id: string
  readonly bytes: Uint8Array
}

/** The first one encrypts; all of them decrypt. */
export type MasterKeys = readonly [MasterKey, ...MasterKey[]]

/** The name of the environment variable that has the master keys. */
export const masterKeyVariable = 'GRANTD_MASTER_KEY'

/** There is no usable master key. `message` says where grantd looked and how to make one, and never quotes a found text. */
export class MasterKeyError extends KeyError {}

const howToMake = 'make one with: openssl rand -base64 32'

/**
 * Parses master keys that commas or line ends separate: 32 bytes each, as 64 hex digits or as base64. `source` names
 * the file or the variable. Throws {@link MasterKeyError}.
 */
export function parseMasterKeys(
  text: string,
  { source, hashing }: { source: string; hashing: Pick<Hashing, 'sha256'> },
): MasterKeys {
  const parts = text.split(/[\s,]+/).filter((part) => part !== '')
  const keys = parts.map((part, index) => {
    const bytes = decode(part)
    if (bytes?.length === 32) return { id: hashing.sha256(bytes).toHex().slice(0, 8), bytes }
    const found = bytes ? `${bytes.length} bytes` : `${part.length} characters that are neither`
    const which = parts.length > 1 ? ` number ${index + 1}` : ''
    throw new MasterKeyError(
      `The master key${which} in ${source} has ${found}, wanted 32 bytes as 64 hex digits or as base64; ${howToMake}`,
    )
  })
  const [first, ...more] = keys
  if (!first) throw new MasterKeyError(`${source} holds no master key; ${howToMake}`)
  return [first, ...more]
}

/** Throws {@link MasterKeyError} for Postgres as the storage without a master key. */
export function refuseWithoutMasterKey(): never {
  throw new MasterKeyError(
    `With Postgres signing keys are kept encrypted, and no master key is given in ${masterKeyVariable} or master_key_file; ${howToMake}`,
  )
}

function decode(text: string): Uint8Array | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Uint8Array.fromHex(text)
  try {
    return Uint8Array.fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'))
  } catch {
    return undefined
  }
}
