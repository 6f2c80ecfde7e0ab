/** Folders of libraries that only root can write, in this order. */
const folders: Readonly<Record<string, readonly string[]>> = {
  x64: ['/usr/lib/x86_64-linux-gnu', '/lib/x86_64-linux-gnu', '/usr/lib64', '/lib64', '/usr/lib', '/lib'],
  arm64: ['/usr/lib/aarch64-linux-gnu', '/lib/aarch64-linux-gnu', '/usr/lib64', '/lib64', '/usr/lib', '/lib'],
}

/**
 * The files that may be the libcrypto of OpenSSL 3. A file name without a folder is not among them, because Bun would also look for it in
 * the current folder.
 */
export function placesOfOpenssl({ system, machine }: { system: string; machine: string }): readonly string[] {
  return system === 'linux' ? (folders[machine] ?? []).map((folder) => `${folder}/libcrypto.so.3`) : []
}

/** An address in the memory of the process that only the library understands. */
export interface Pointer {
  readonly pointer: unique symbol
}

/** The types of arguments: an address, bytes that live as long as the call, a C int, a size_t, nothing. */
interface Kinds {
  readonly pointer: Pointer | null
  readonly bytes: Uint8Array | BigUint64Array | null
  readonly int: number
  readonly size: number | bigint
  readonly void: undefined
}
export type Kind = keyof Kinds

/** The called functions of libcrypto, as in OpenSSL 3.0 and later. */
export const opensslFunctions = {
  OPENSSL_version_major: { takes: [], gives: 'int' },
  OpenSSL_version: { takes: ['int'], gives: 'pointer' },
  BIO_new_mem_buf: { takes: ['bytes', 'int'], gives: 'pointer' },
  BIO_free: { takes: ['pointer'], gives: 'int' },
  PEM_read_bio_PrivateKey: { takes: ['pointer', 'pointer', 'pointer', 'pointer'], gives: 'pointer' },
  EVP_PKEY_free: { takes: ['pointer'], gives: 'void' },
  EVP_MD_CTX_new: { takes: [], gives: 'pointer' },
  EVP_MD_CTX_reset: { takes: ['pointer'], gives: 'int' },
  EVP_MD_CTX_get_pkey_ctx: { takes: ['pointer'], gives: 'pointer' },
  EVP_DigestSignInit_ex: {
    takes: ['pointer', 'pointer', 'bytes', 'pointer', 'pointer', 'pointer', 'pointer'],
    gives: 'int',
  },
  EVP_DigestSign: { takes: ['pointer', 'bytes', 'bytes', 'bytes', 'size'], gives: 'int' },
  EVP_PKEY_CTX_set_rsa_padding: { takes: ['pointer', 'int'], gives: 'int' },
  EVP_PKEY_CTX_set_rsa_pss_saltlen: { takes: ['pointer', 'int'], gives: 'int' },
  EVP_PKEY_CTX_get0_provider: { takes: ['pointer'], gives: 'pointer' },
  OSSL_PROVIDER_get0_name: { takes: ['pointer'], gives: 'pointer' },
  d2i_ECDSA_SIG: { takes: ['pointer', 'bytes', 'size'], gives: 'pointer' },
  ECDSA_SIG_get0_r: { takes: ['pointer'], gives: 'pointer' },
  ECDSA_SIG_get0_s: { takes: ['pointer'], gives: 'pointer' },
  ECDSA_SIG_free: { takes: ['pointer'], gives: 'void' },
  BN_bn2binpad: { takes: ['pointer', 'bytes', 'int'], gives: 'int' },
  ERR_get_error: { takes: [], gives: 'size' },
  ERR_error_string_n: { takes: ['size', 'bytes', 'size'], gives: 'void' },
  ERR_clear_error: { takes: [], gives: 'void' },
} as const satisfies Record<string, { readonly takes: readonly Kind[]; readonly gives: Kind }>

type Functions = typeof opensslFunctions
type Values<Given extends readonly Kind[]> = { -readonly [At in keyof Given]: Kinds[Given[At]] }

/** The functions, ready to be called. */
export type OpensslCalls = {
  readonly [Name in keyof Functions]: (
    ...values: Values<Functions[Name]['takes']>
  ) => Kinds[Functions[Name]['gives']]
}

/** The library as a runtime opened it. */
export interface NativeLibrary {
  readonly path: string
  readonly calls: OpensslCalls
  /** The address of the bytes. It is valid as long as the caller keeps a reference to them. */
  addressOf(bytes: Uint8Array): bigint
  /** The C string at an address. */
  textAt(pointer: Pointer): string
}
