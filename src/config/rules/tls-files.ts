import type { CertificatePair, PairFacts, PairFault } from '../../platform/certificates.ts'
import type { Platform } from '../../platform/platform.ts'
import { isLoopbackUrl } from '../../protocol/url/uri.ts'
import type { Config } from '../schema.ts'
import type { TlsConfig } from '../service/tls-schema.ts'
import type { Source } from '../yaml/source.ts'
import { warnOfNamedFile } from './exposed-files.ts'
import { readNamedFile } from './named-file.ts'
import type { Partly } from './partly.ts'

export interface TlsHost {
  readonly platform: Pick<Platform, 'files' | 'certificates' | 'now'>
  readonly resolve: (path: string) => string
}

/** The setting that is wrong, and what is wrong with its file. A message has the fault after the name of the file. */
export interface TlsFault {
  readonly key: 'cert_file' | 'key_file'
  readonly fault: string
}

export interface TlsPair {
  readonly pair: CertificatePair
  readonly facts: PairFacts
}

/** Bytes. A chain has some thousand. */
const largestFile = 1024 * 1024

const goodKeys =
  'get a certificate for a key of RSA with 2048 bits or more, of ECDSA with P-256, P-384 or P-521, or of Ed25519'

const faults: Readonly<Record<PairFault, TlsFault>> = {
  'no-certificate': {
    key: 'cert_file',
    fault:
      'has no certificate in it, wanted PEM with -----BEGIN CERTIFICATE-----; make PEM of DER: openssl x509 -inform DER -in FILE -out NEW',
  },
  'broken-certificate': {
    key: 'cert_file',
    fault: 'has a certificate that cannot be read; get it again from who issued it',
  },
  'not-first': {
    key: 'cert_file',
    fault:
      'begins with another certificate than that of the key; put the certificate of the server first, then those that signed it',
  },
  'no-key': {
    key: 'key_file',
    fault:
      'has no private key in it, wanted PEM with -----BEGIN PRIVATE KEY-----; make PEM of DER: openssl pkey -inform DER -in FILE -out NEW, and chmod 0600 NEW',
  },
  'encrypted-key': {
    key: 'key_file',
    fault:
      'is encrypted, and nobody is there to type its passphrase; decrypt it: openssl pkey -in FILE -out NEW, and chmod 0600 NEW',
  },
  'broken-key': {
    key: 'key_file',
    fault: 'has a private key that cannot be read; get a new certificate with its key',
  },
  'other-key': {
    key: 'key_file',
    fault: 'is not the key of the certificate in cert_file; name the two files of one certificate',
  },
  'later-key': {
    key: 'key_file',
    fault:
      'begins with another private key than that of the certificate in cert_file; leave only that one in it',
  },
  'short-key': {
    key: 'cert_file',
    fault: `has a certificate for an RSA key of less than 2048 bits, which clients refuse; ${goodKeys}`,
  },
  'unknown-key': {
    key: 'cert_file',
    fault: `has a certificate for a key of a kind that this server cannot use for TLS; ${goodKeys}`,
  },
  'no-signatures': {
    key: 'cert_file',
    fault:
      'has a certificate whose keyUsage forbids to sign, and each connection begins with a signature; get one with digitalSignature in keyUsage',
  },
}

/** Reads both files of `server.tls`. Says what is wrong with them, and throws nothing. */
export async function readTlsPair(
  named: Pick<TlsConfig, 'cert_file' | 'key_file'>,
  host: TlsHost,
): Promise<TlsPair | TlsFault> {
  const certificate = await readText('cert_file', named, host)
  if (typeof certificate !== 'string') return certificate
  const key = await readText('key_file', named, host)
  if (typeof key !== 'string') return key
  const pair = { certificate, key }
  const read = host.platform.certificates.readPair(pair)
  return 'fault' in read ? faults[read.fault] : { pair, facts: read.facts }
}

async function readText(
  key: TlsFault['key'],
  named: Pick<TlsConfig, 'cert_file' | 'key_file'>,
  { platform: { files }, resolve }: TlsHost,
): Promise<string | TlsFault> {
  const read = await readNamedFile(named[key], { limit: largestFile, files, resolve })
  return 'fault' in read ? { key, fault: read.fault } : new TextDecoder().decode(read.bytes)
}

/** Reports what is wrong with `server.tls`. The server reads the files again when it starts. */
export async function checkTls({ server }: Partly<Config>, source: Source, host: TlsHost): Promise<void> {
  const { cert_file, key_file } = server?.tls ?? {}
  const path = ['server', 'tls']
  if (server?.tls && server.public_url?.startsWith('http:')) {
    source.warn(
      ['server', 'public_url'],
      `server.public_url is ${server.public_url}, and the server speaks TLS: links and issuers lead to plain http; write https://`,
    )
  }
  if (!cert_file || !key_file) return
  const read = await readTlsPair({ cert_file, key_file }, host)
  if ('fault' in read) {
    const file = read.key === 'cert_file' ? cert_file : key_file
    return source.refuse(
      [...path, read.key],
      `server.tls.${read.key} names the file ${file}, which ${read.fault}`,
    )
  }
  const { files, now } = host.platform
  const named = { file: key_file, path: [...path, 'key_file'], content: 'secret' } as const
  await warnOfNamedFile(named, { source, files, resolve: host.resolve })
  for (const doubt of findDoubts(read.facts, { now: now(), publicUrl: server?.public_url }))
    source.warn(
      [...path, 'cert_file'],
      `server.tls.cert_file names the file ${cert_file}, whose certificate ${doubt}`,
    )
}

interface Judged {
  readonly now: number
  readonly publicUrl: string | null | undefined
}

/** What clients may refuse in a pair that can be served. A message has each after the name of the certificate. */
export function findDoubts(facts: PairFacts, { now, publicUrl }: Judged): string[] {
  const day = (time: number) => new Date(time).toISOString().slice(0, 10)
  const host =
    publicUrl && !isLoopbackUrl(publicUrl) ? new URL(publicUrl).hostname.replace(/^\[|\]$/g, '') : undefined
  return [
    ...(facts.notAfter <= now ? [`expired on ${day(facts.notAfter)}; renew it`] : []),
    ...(facts.notBefore > now
      ? [`is not valid before ${day(facts.notBefore)}; look at the clock of this machine`]
      : []),
    ...(facts.isForServers
      ? []
      : ['is not for servers, by its extendedKeyUsage; get one with serverAuth in it']),
    ...(facts.isOrdered
      ? []
      : ['is followed by one that did not sign it; put each before the one that signed it']),
    ...(host === undefined || facts.isFor(host)
      ? []
      : [`is not for ${host}, the host of server.public_url, but for ${facts.names || 'no name'}`]),
  ]
}
