import type { SignatureScheme } from '../signing.ts'
import type { NativeLibrary, OpensslCalls, Pointer } from './openssl-functions.ts'
import { type Openssl, OpensslError, type OpensslKey, type SharedKey } from './openssl-port.ts'

/** Bytes of the longest signature: that of an RSA key of 16,384 bits. */
const longestSignature = 2048
const longestReason = 256
/** RSA_PKCS1_PSS_PADDING and RSA_PSS_SALTLEN_DIGEST of openssl/rsa.h. */
const pssPadding = 6
const saltAsHash = -1

/** A key of the library until it is freed. */
interface Held {
  key: Pointer | null
}

/**
 * OpenSSL 3 as a signing engine. All calls share one set of buffers: they cannot overlap, because each call blocks the thread
 * until it is done.
 */
export class OpensslLibrary implements Openssl {
  readonly path: string
  readonly version: string
  readonly #library: NativeLibrary
  readonly #calls: OpensslCalls
  readonly #context: Pointer
  readonly #signature = new Uint8Array(longestSignature)
  readonly #length = new BigUint64Array(1)
  readonly #address = new BigUint64Array(1)
  /** Names of hashes as C strings. */
  readonly #hashNames = new Map<string, Uint8Array>()
  readonly #held = new Set<Held>()
  /** Frees a key when its object is garbage-collected. */
  readonly #forgotten = new FinalizationRegistry<Held>((held) => this.#free(held))

  /** Throws {@link OpensslError} for a library that is not OpenSSL 3. */
  constructor(library: NativeLibrary) {
    this.path = library.path
    this.#library = library
    this.#calls = library.calls
    const version = this.#calls.OpenSSL_version(0)
    this.version = version ? library.textAt(version) : 'unknown'
    if (this.#calls.OPENSSL_version_major() !== 3)
      throw new OpensslError(`${library.path} is ${this.version}, wanted OpenSSL 3`)
    this.#context = this.#need('EVP_MD_CTX_new', this.#calls.EVP_MD_CTX_new())
  }

  get openKeys(): number {
    return this.#held.size
  }

  openKey(pem: Uint8Array, scheme: SignatureScheme): OpensslKey {
    const held: Held = { key: this.#readKey(pem) }
    this.#held.add(held)
    try {
      const key = new LibraryKey(held, { library: this, scheme, free: () => this.#giveBack(held) })
      key.provider = this.#findProvider(key.share())
      this.#forgotten.register(key, held, held)
      return key
    } catch (cause) {
      this.#free(held)
      throw cause
    }
  }

  #giveBack(held: Held): void {
    this.#forgotten.unregister(held)
    this.#free(held)
  }

  close(): void {
    for (const held of this.#held) this.#free(held)
  }

  /** EVP_PKEY_free overwrites the private members before it gives their memory back. */
  #free(held: Held): void {
    this.#held.delete(held)
    if (held.key) this.#calls.EVP_PKEY_free(held.key)
    held.key = null
  }

  #readKey(pem: Uint8Array): Pointer {
    const { BIO_new_mem_buf, PEM_read_bio_PrivateKey, BIO_free } = this.#calls
    const bio = this.#need('BIO_new_mem_buf', BIO_new_mem_buf(pem, pem.length))
    const key = PEM_read_bio_PrivateKey(bio, null, null, null)
    BIO_free(bio)
    return this.#need('PEM_read_bio_PrivateKey', key)
  }

  #findProvider(key: SharedKey): string {
    try {
      const context = this.#prepare(key)
      const provider = this.#calls.EVP_PKEY_CTX_get0_provider(context)
      const name = provider && this.#calls.OSSL_PROVIDER_get0_name(provider)
      return name ? this.#library.textAt(name) : 'unknown'
    } finally {
      this.#calls.EVP_MD_CTX_reset(this.#context)
    }
  }

  /** Prepares the context for one signature, and returns the part of it that belongs to the key. */
  #prepare({ pointer, scheme: { hash, isPss } }: SharedKey): Pointer {
    const { EVP_DigestSignInit_ex, EVP_MD_CTX_get_pkey_ctx } = this.#calls
    this.#check(
      'EVP_DigestSignInit_ex',
      EVP_DigestSignInit_ex(this.#context, null, this.#hashName(hash), null, null, pointer, null),
    )
    const context = this.#need('EVP_MD_CTX_get_pkey_ctx', EVP_MD_CTX_get_pkey_ctx(this.#context))
    if (isPss) {
      const { EVP_PKEY_CTX_set_rsa_padding, EVP_PKEY_CTX_set_rsa_pss_saltlen } = this.#calls
      this.#check('EVP_PKEY_CTX_set_rsa_padding', EVP_PKEY_CTX_set_rsa_padding(context, pssPadding))
      this.#check('EVP_PKEY_CTX_set_rsa_pss_saltlen', EVP_PKEY_CTX_set_rsa_pss_saltlen(context, saltAsHash))
    }
    return context
  }

  #hashName(hash: string | null): Uint8Array | null {
    if (hash === null) return null
    const name = this.#hashNames.get(hash) ?? new TextEncoder().encode(`${hash}\0`)
    this.#hashNames.set(hash, name)
    return name
  }

  /** Signs with a key that this or another thread of the process has opened and not freed. Throws {@link OpensslError}. */
  sign(key: SharedKey, data: Uint8Array): Uint8Array {
    const { scheme } = key
    try {
      this.#prepare(key)
      this.#length[0] = BigInt(longestSignature)
      const done = this.#calls.EVP_DigestSign(
        this.#context,
        this.#signature,
        this.#length,
        data,
        data.byteLength,
      )
      this.#check('EVP_DigestSign', done)
      const length = Number(this.#length[0])
      return scheme.coordinateBytes === 0
        ? this.#signature.slice(0, length)
        : this.#toJose(length, scheme.coordinateBytes)
    } finally {
      this.#calls.EVP_MD_CTX_reset(this.#context)
    }
  }

  /** Turns the ASN.1 form of a signature into r || s (RFC 7518 section 3.4). OpenSSL itself parses the ASN.1. */
  #toJose(length: number, half: number): Uint8Array {
    const { d2i_ECDSA_SIG, ECDSA_SIG_get0_r, ECDSA_SIG_get0_s, BN_bn2binpad, ECDSA_SIG_free } = this.#calls
    this.#address[0] = this.#library.addressOf(this.#signature)
    const parsed = this.#need('d2i_ECDSA_SIG', d2i_ECDSA_SIG(null, this.#address, length))
    try {
      const jose = new Uint8Array(2 * half)
      for (const [at, number] of [ECDSA_SIG_get0_r(parsed), ECDSA_SIG_get0_s(parsed)].entries()) {
        const isWhole = BN_bn2binpad(number, jose.subarray(at * half, (at + 1) * half), half) === half
        this.#check('BN_bn2binpad', isWhole ? 1 : 0)
      }
      return jose
    } finally {
      ECDSA_SIG_free(parsed)
    }
  }

  #need(name: string, pointer: Pointer | null): Pointer {
    if (pointer) return pointer
    throw this.#explain(name)
  }

  #check(name: string, result: number): void {
    if (result <= 0) throw this.#explain(name)
  }

  /** Makes an error of the last failure in the words of OpenSSL, which contain no part of the key. Empties the error queue of OpenSSL. */
  #explain(name: string): OpensslError {
    const { ERR_get_error, ERR_error_string_n, ERR_clear_error } = this.#calls
    const reason = new Uint8Array(longestReason)
    ERR_error_string_n(ERR_get_error(), reason, longestReason)
    ERR_clear_error()
    const text = new TextDecoder().decode(reason.subarray(0, reason.indexOf(0)))
    return new OpensslError(`${name} of ${this.version} failed: ${text}`)
  }
}

interface LibraryKeyOptions {
  readonly library: OpensslLibrary
  readonly scheme: SignatureScheme
  readonly free: () => void
}

/** A class and no literal: whoever can call a method has the object, so the key is not freed as forgotten. */
class LibraryKey implements OpensslKey {
  provider = 'unknown'
  readonly #held: Held
  readonly #options: LibraryKeyOptions

  constructor(held: Held, options: LibraryKeyOptions) {
    this.#held = held
    this.#options = options
  }

  share(): SharedKey {
    const { key } = this.#held
    if (!key) throw new OpensslError('The key was freed')
    return { pointer: key, scheme: this.#options.scheme }
  }

  sign(data: Uint8Array): Uint8Array {
    return this.#options.library.sign(this.share(), data)
  }

  free(): void {
    this.#options.free()
  }
}

/** Opens the first library of `paths` that is OpenSSL 3. Throws {@link OpensslError}, which names every path. */
export function openFirst(
  paths: readonly string[],
  openLibrary: (path: string) => NativeLibrary,
): OpensslLibrary {
  const missing: string[] = []
  const refused = new Set<string>()
  for (const path of paths) {
    try {
      return new OpensslLibrary(openLibrary(path))
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      if (/no such file/i.test(reason)) missing.push(path)
      else refused.add(cause instanceof OpensslError || reason.includes(path) ? reason : `${path}: ${reason}`)
    }
  }
  const nowhere = missing.length > 0 ? [`there is no ${missing.join(', no ')}`] : []
  const unknown = paths.length === 0 ? ['grantd calls OpenSSL on Linux alone, on x64 and arm64'] : []
  throw new OpensslError([...refused, ...nowhere, ...unknown].join('; '))
}
