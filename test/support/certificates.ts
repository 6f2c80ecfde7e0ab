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
    key: privateKey,
    issuer: name,
    signer: privateKey,
    validity: usual,
    extensions: [isAuthority],
  })
  const certifyFor = (names: readonly string[], validity: Validity) => {
    const { privateKey: key } = newKeys()
    const extensions = [subjectAltName(names)]
    return build({ subject: names[0] ?? '', key, issuer: name, signer: privateKey, validity, extensions })
  }
  return { ...own, certify: (...names) => certifyFor(names, usual), certifyFor }
}

interface Parts {
  readonly subject: string
  readonly key: KeyObject
  readonly issuer: string
  readonly signer: KeyObject
  readonly validity: Validity
  readonly extensions: readonly Uint8Array[]
}

let serial = 0

function build({ subject, key, issuer, signer, validity, extensions }: Parts): Certified {
  const body = sequence(
    der(0xa0, integer(2)),
    integer(++serial),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(utcTime(validity.from), utcTime(validity.until)),
    nameOf(subject),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  )
  const whole = sequence(body, ecdsaWithSha256, der(0x03, [0], sign('sha256', body, signer)))
  const base64 = whole.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: key.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function newKeys() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
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
