import { createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'

/** A certificate and its key, both PEM. */
export interface Certified {
  readonly certificate: string
  readonly key: string
}

/** Who signs certificates: its own is self-signed. */
export interface Authority extends Certified {
  /** A certificate for `names`, which are hosts or IPv4 addresses. */
  certify(...names: readonly string[]): Certified
  /** The same, valid from and until other moments (ms). */
  certifyFor(names: readonly string[], validity: Validity): Certified
  /** The same, for other keys and with more extensions. */
  certifyKeys(keys: Keys, ...extensions: readonly Uint8Array[]): Certified
}

/** The public half as SPKI in DER, and the private half as PKCS #8 in PEM. */
export interface Keys {
  readonly spki: Uint8Array
  readonly pem: string
}

export interface Validity {
  readonly from: number
  readonly until: number
}

/** Years after 2049 have another form in a certificate. */
const usual: Validity = { from: Date.UTC(2025, 0, 1), until: Date.UTC(2049, 11, 31, 23, 59, 59) }

/** A new authority, of ECDSA P-256 (RFC 5280). */
export function createAuthority(name: string): Authority {
  const { privateKey } = newKeys()
  const own = build({
    subject: name,
    keys: keysOf(privateKey),
    issuer: name,
    signer: privateKey,
    validity: usual,
    extensions: [isAuthority],
  })
  const signed = { issuer: name, signer: privateKey }
  const certifyFor = (names: readonly string[], validity: Validity) => {
    const extensions = [subjectAltName(names)]
    const keys = keysOf(newKeys().privateKey)
    return build({ ...signed, subject: names[0] ?? '', keys, validity, extensions })
  }
  const certifyKeys = (keys: Keys, ...extensions: readonly Uint8Array[]) =>
    build({
      ...{ ...signed, subject: 'localhost', keys, validity: usual },
      extensions: [subjectAltName(['localhost']), ...extensions],
    })
  return { ...own, certify: (...names) => certifyFor(names, usual), certifyFor, certifyKeys }
}

interface Parts {
  readonly subject: string
  readonly keys: Keys
  readonly issuer: string
  readonly signer: KeyObject
  readonly validity: Validity
  readonly extensions: readonly Uint8Array[]
}

let serial = 0

function build({ subject, keys, issuer, signer, validity, extensions }: Parts): Certified {
  const body = sequence(
    der(0xa0, integer(2)),
    integer(++serial),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(utcTime(validity.from), utcTime(validity.until)),
    nameOf(subject),
    keys.spki,
    der(0xa3, sequence(...extensions)),
  )
  const whole = sequence(body, ecdsaWithSha256, der(0x03, [0], sign('sha256', body, signer)))
  return {
    certificate: pem('CERTIFICATE', whole),
    key: keys.pem,
  }
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

export function keysOf(key: KeyObject): Keys {
  return {
    spki: createPublicKey(key).export({ type: 'spki', format: 'der' }),
    pem: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

/** Keys in the form of Ed448 (RFC 8410 section 10), which the runtime cannot make. */
export function ed448Keys(): Keys {
  const algorithm = sequence(identifier(0x2b, 0x65, 0x71))
  const bytes = Buffer.alloc(57, 7)
  return {
    spki: sequence(algorithm, der(0x03, [0], bytes)),
    pem: pem('PRIVATE KEY', sequence(integer(0), algorithm, octets(octets(bytes)))),
  }
}

function pem(what: string, content: Buffer): string {
  const base64 = content.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN ${what}-----\n${base64}\n-----END ${what}-----\n`
}

/** One value of ASN.1 in DER: what kind it is, how long, and its content. */
function der(tag: number, ...content: readonly (Uint8Array | readonly number[])[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part)))
  const { length } = bytes
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...size]), bytes])
}

const sequence = (...content: readonly Uint8Array[]) => der(0x30, ...content)
const integer = (value: number) => der(0x02, [value])
const utcTime = (time: number) =>
  der(0x17, Buffer.from(`${new Date(time).toISOString().replaceAll(/\D/g, '').slice(2, 14)}Z`))
const octets = (content: Uint8Array) => der(0x04, content)
const identifier = (...bytes: readonly number[]) => der(0x06, bytes)

const ecdsaWithSha256 = sequence(identifier(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02))
const critical = der(0x01, [0xff])
const isAuthority = sequence(identifier(0x55, 0x1d, 0x13), critical, octets(sequence(critical)))

/** keyUsage with one bit: 0x80 is digitalSignature, 0x20 keyEncipherment, 0x04 keyCertSign. */
export function keyUsage(bit: number, { isCritical }: { isCritical: boolean }): Buffer {
  return sequence(
    identifier(0x55, 0x1d, 0x0f),
    ...(isCritical ? [critical] : []),
    octets(der(0x03, [0, bit])),
  )
}

/** extKeyUsage with one purpose: 1 is serverAuth, 2 clientAuth. */
export function purpose(number: number): Buffer {
  const purposes = sequence(identifier(0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, number))
  return sequence(identifier(0x55, 0x1d, 0x25), octets(purposes))
}

function nameOf(text: string): Buffer {
  const commonName = sequence(identifier(0x55, 0x04, 0x03), der(0x0c, Buffer.from(text)))
  return sequence(der(0x31, commonName))
}

function subjectAltName(names: readonly string[]): Buffer {
  const entries = names.map((name) =>
    /^[\d.]+$/.test(name) ? der(0x87, name.split('.').map(Number)) : der(0x82, Buffer.from(name)),
  )
  return sequence(identifier(0x55, 0x1d, 0x11), octets(sequence(...entries)))
}
