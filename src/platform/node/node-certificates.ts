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

const blocks = /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[^-]+-----END (?:TRUSTED )?CERTIFICATE-----/g

function readPair({ certificate, key }: CertificatePair): { facts: PairFacts } | { fault: PairFault } {
  const { X509Certificate, createPrivateKey } = loadCrypto()
  const texts = certificate.match(blocks)
  if (!texts) return { fault: 'no-certificate' }
  const chain = attempt(() => texts.map((text) => new X509Certificate(text)))
  const [first] = chain ?? []
  if (!chain || !first) return { fault: 'broken-certificate' }
  // PKCS #8 says so in the name of the block, the older formats of OpenSSL in a header.
  if (/ENCRYPTED/.test(key)) return { fault: 'encrypted-key' }
  if (!/-----BEGIN (?:\w+ )?PRIVATE KEY-----/.test(key)) return { fault: 'no-key' }
  const privateKey = attempt(() => createPrivateKey(key))
  if (!privateKey) return { fault: 'broken-key' }
  const owner = chain.findIndex((each) => isKeyOf(privateKey, each))
  if (owner !== 0) return { fault: owner < 0 ? 'other-key' : 'not-first' }
  return { facts: factsOf(first, chain) }
}

function factsOf(first: X509Certificate, chain: readonly X509Certificate[]): PairFacts {
  return {
    notBefore: Date.parse(first.validFrom),
    notAfter: Date.parse(first.validTo),
    names: first.subjectAltName ?? '',
    fingerprint: first.fingerprint256,
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
