import * as jose from 'jose'
import type { KeyHost } from '../key-host.ts'
import type { FirstKey, KeyMaterial, MadeKey, Whereabouts } from '../key-material.ts'
import { complaintOf, KeyError, type KeyPlan } from '../key-plan.ts'
import type { Ring, RingKey } from '../ring/rotation.ts'
import { KeyMaterialError, parseSigningKey, type SigningKey } from '../signing-key.ts'
import { findKey, largestKeyFile } from './key-file.ts'
import type { MasterKeys } from './master-key.ts'
import { UnfiledMaterial } from './unfiled-material.ts'

/**
 * Keys in the rows of their rings, each as a compact JWE (RFC 7516): AES-256-GCM with the master key. The protected header names the
 * tenant and the key, so a row that was moved to another tenant does not open there.
 */
export class SealedMaterial extends UnfiledMaterial implements KeyMaterial {
  readonly #host: KeyHost
  readonly #masterKeys: MasterKeys

  constructor(host: KeyHost, masterKeys: MasterKeys) {
    super()
    this.#host = host
    this.#masterKeys = masterKeys
  }

  /** Takes over a key file that existed before the keys were in the database. The file stays as it is. */
  async findFirst(plan: KeyPlan): Promise<FirstKey | undefined> {
    const opened = await findKey(plan, this.#host)
    if (opened?.path === undefined) return undefined
    const pem = new TextDecoder().decode(await this.#host.files.readSmall(opened.path, largestKeyFile))
    return { opened, whereabouts: await this.keep(plan, { key: opened.key, pem }) }
  }

  async keep(plan: KeyPlan, { key, pem }: MadeKey): Promise<Whereabouts> {
    return { sealed: await this.#seal(pem, plan, key.kid) }
  }

  async load(plan: KeyPlan, key: RingKey): Promise<SigningKey> {
    const pem = await this.#open(plan, key)
    try {
      return await parseSigningKey(pem, key, this.#host.engine)
    } catch (cause) {
      if (!(cause instanceof KeyMaterialError)) throw cause
      throw new KeyError(`${complaintOf(plan)}: ${key.kid} in the database ${cause.message}`, { cause })
    }
  }

  async discard(): Promise<void> {}

  /** Does nothing, because the private half is deleted with the row. */
  async destroy(): Promise<void> {}

  /** Encrypts every key again that another master key than the first one encrypted. */
  async renew(plan: KeyPlan, ring: Ring): Promise<Ring> {
    const isOld = ({ sealed }: RingKey) =>
      sealed !== undefined && readHeader(sealed)?.kid !== this.#masterKeys[0].id
    if (!ring.keys.some(isOld)) return ring
    const keys = ring.keys.map(async (key) =>
      isOld(key) ? { ...key, sealed: await this.#seal(await this.#open(plan, key), plan, key.kid) } : key,
    )
    return { ...ring, keys: await Promise.all(keys) }
  }

  #seal(pem: string, { tenantId }: KeyPlan, kid: string): Promise<string> {
    const [{ id, bytes }] = this.#masterKeys
    return new jose.CompactEncrypt(new TextEncoder().encode(pem))
      .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: id, tenant: tenantId, key: kid })
      .encrypt(bytes)
  }

  async #open(plan: KeyPlan, { kid, sealed }: RingKey): Promise<string> {
    const refuse = (complaint: string, options?: ErrorOptions) =>
      new KeyError(`${complaintOf(plan)}: ${kid} in the database ${complaint}`, options)
    const header = sealed === undefined ? undefined : readHeader(sealed)
    if (sealed === undefined || !header) throw refuse('is not encrypted by grantd; restore it from a backup')
    const master = this.#masterKeys.find(({ id }) => id === header.kid)
    if (!master) {
      const given = this.#masterKeys.map(({ id }) => id).join(', ')
      throw refuse(
        `is encrypted with the master key ${header.kid}, and ${given} is given; give that one too, after a comma`,
      )
    }
    try {
      const { plaintext, protectedHeader } = await jose.compactDecrypt(sealed, master.bytes, {
        keyManagementAlgorithms: ['dir'],
        contentEncryptionAlgorithms: ['A256GCM'],
      })
      if (protectedHeader['tenant'] === plan.tenantId && protectedHeader['key'] === kid)
        return new TextDecoder().decode(plaintext)
    } catch (cause) {
      if (!(cause instanceof jose.errors.JOSEError)) throw cause
      throw refuse('was changed, or is cut off; restore it from a backup', { cause })
    }
    throw refuse('is the key of another tenant or another kid; restore it from a backup')
  }
}

function readHeader(sealed: string): { readonly kid: string } | undefined {
  try {
    const { kid } = jose.decodeProtectedHeader(sealed)
    // Our ids are 8 hex digits. Any other text must not get into a message.
    return kid !== undefined && /^[0-9a-f]{8}$/.test(kid) ? { kid } : undefined
  } catch {
    return undefined
  }
}
