import type { KeyObject, X509Certificate } from 'node:crypto'
import process from 'node:process'
import type { CertificatePair, Certificates, PairFacts, PairFault } from '../certificates.ts'

export const nodeCertificates: Certificates = {
  readPair,
  // Loaded at its use, to keep the start short.
  look: async (at) => (await import('./node-served-certificate.ts')).lookAtServed(at),
}

// Loaded at their use: together they take 7 MB of every process, and few serve TLS.
const loadCrypto = () => process.getBuiltinModule('node:crypto')
const loadNet = () => process.getBuiltinModule('node:net')

/** The names that a block with a certificate has in PEM. */
const begin = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/g
const blocks = new RegExp(`${begin.source}[^-]+${begin.source.replace('BEGIN', 'END')}`, 'g')
const keyBlocks = /-----BEGIN (?:\w+ )?PRIVATE KEY-----[^-]+-----END (?:\w+ )?PRIVATE KEY-----/g

/** The curves whose ECDSA signatures TLS has, by the names of OpenSSL. */
const curves = ['prime256v1', 'secp384r1', 'secp521r1']
/** Bits. What OpenSSL in its usual setting, and with it most clients, accepts. */
const leastRsa = 2048

function readPair({ certificate, key }: CertificatePair): { facts: PairFacts } | { fault: PairFault } {
  const { X509Certificate, createPrivateKey } = loadCrypto()
  const begun = certificate.match(begin)
  if (!begun) return { fault: 'no-certificate' }
  const texts = certificate.match(blocks) ?? []
  // The runtime refuses a last block that has no end, such as one of a file that is still being written.
  const chain =
    texts.length === begun.length ? attempt(() => texts.map((text) => new X509Certificate(text))) : []
  const [first] = chain ?? []
  if (!chain || !first) return { fault: 'broken-certificate' }
  const unfit = findUnfit(first)
  if (unfit) return { fault: unfit }
  // PKCS #8 says so in the name of the block, the older formats of OpenSSL in a header.
  if (/ENCRYPTED/.test(key)) return { fault: 'encrypted-key' }
  if (!/-----BEGIN (?:\w+ )?PRIVATE KEY-----/.test(key)) return { fault: 'no-key' }
  const privateKey = attempt(() => createPrivateKey(key))
  if (!privateKey) return { fault: 'broken-key' }
  const owner = chain.findIndex((each) => isKeyOf(privateKey, each))
  if (owner > 0) return { fault: 'not-first' }
  if (owner < 0) return { fault: hasLaterKey(key, first) ? 'later-key' : 'other-key' }
  return { facts: factsOf(first, chain) }
}

/** What keeps the runtime from proving with this certificate who it is. */
function findUnfit(certificate: X509Certificate): PairFault | undefined {
  // The runtime cannot even read the keys of some kinds, such as Ed448.
  const key = attempt(() => certificate.publicKey)
  const { modulusLength = 0, namedCurve = '' } = key?.asymmetricKeyDetails ?? {}
  if (key?.asymmetricKeyType === 'rsa') {
    if (modulusLength < leastRsa) return 'short-key'
  } else if (key?.asymmetricKeyType !== 'ed25519' && !curves.includes(namedCurve)) return 'unknown-key'
  return allowsSignatures(certificate) ? undefined : 'no-signatures'
}

/** The identifier of the extension keyUsage, 2.5.29.15, in DER. */
const keyUsage = [0x06, 0x03, 0x55, 0x1d, 0x0f]

/** Whether keyUsage has the bit digitalSignature, or is left out (RFC 5280 section 4.2.1.3). Each handshake needs a signature. */
function allowsSignatures({ raw }: X509Certificate): boolean {
  const at = raw.indexOf(new Uint8Array(keyUsage))
  if (at < 0) return true
  const rest = raw.subarray(at + keyUsage.length)
  const isMarkedCritical = rest[0] === 0x01
  // An octet string that has a bit string: two tags with their lengths, the number of unused bits, then the bits.
  const bits = rest[(isMarkedCritical ? 3 : 0) + 5] ?? 0
  return (bits & 0x80) !== 0
}

/** Whether the file has the key of the certificate behind another one. Only the first key of a file counts. */
function hasLaterKey(text: string, certificate: X509Certificate): boolean {
  const { createPrivateKey } = loadCrypto()
  return (text.match(keyBlocks) ?? []).some((block) =>
    attempt(() => isKeyOf(createPrivateKey(block), certificate)),
  )
}

/** The purposes in extKeyUsage with which a server may show a certificate: serverAuth, and any (RFC 5280 section 4.2.1.12). */
const serverPurposes = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0']

/** Whether extKeyUsage allows servers, or is left out. */
function isForServers({ keyUsage }: X509Certificate): boolean {
  return keyUsage === undefined || keyUsage.some((purpose) => serverPurposes.includes(purpose))
}

function factsOf(first: X509Certificate, chain: readonly X509Certificate[]): PairFacts {
  return {
    notBefore: Date.parse(first.validFrom),
    notAfter: Date.parse(first.validTo),
    names: first.subjectAltName ?? '',
    fingerprint: first.fingerprint256,
    isForServers: isForServers(first),
    isOrdered: chain.every((each, index) => isSignedBy(each, chain[index + 1])),
    isFor: (host) => (loadNet().isIP(host) === 0 ? first.checkHost(host) : first.checkIP(host)) !== undefined,
  }
}

function isKeyOf(key: KeyObject, certificate: X509Certificate): boolean {
  const { createPublicKey } = loadCrypto()
  const encode = (each: KeyObject) => each.export({ type: 'spki', format: 'der' })
  return attempt(() => encode(createPublicKey(key)).equals(encode(certificate.publicKey))) ?? false
}

function isSignedBy(certificate: X509Certificate, issuer: X509Certificate | undefined): boolean {
  return issuer === undefined || (attempt(() => certificate.verify(issuer.publicKey)) ?? false)
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch {
    return undefined
  }
}
