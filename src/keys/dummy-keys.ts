import { type AssertionAlgorithm, assertionAlgorithms, type ClientJwk } from '../protocol/client-jwks.ts'

/**
 * Public keys that belong to no client. Verifying with one takes as long as with a real key. Their private halves were never stored, and a
 * signature that one of them verifies proves nothing.
 */
const dummies: Readonly<Record<string, ClientJwk>> = {
  RSA: Object.freeze({
    kty: 'RSA',
    n: 'zAUhn4MkCsaNkC6fCJOH-QrgJBELDbEY6hFuT0H7vmQlYoWrR-YDK1gQNNAe8bFPJJaJWXJf5EWPWxDmJmTR1bVpIXKZ5FQf24YLM_46-UK-SG6yTHbiVRfz7QI-NRP3rnA-CqSHWfkNT2NoFzu9U4t2wUyssWwZIkvXLuiLJieS5k6oIvaCwEL8G8vGDCKipCw9YXusWtC2Qojt5DOXRWx-mGYdqE2_LgUklQsm6h_z8c-ntgyELXqBoNvQsPszqQpAFNJI-Bend8qRnth1qoHLBgZLcezzlrQs--qaB3R1nbDP1gWXcRFvTL0oV6Sd_nGIWHE2qArkMPKmy6JM3w',
    e: 'AQAB',
  }),
  'P-256': Object.freeze({
    kty: 'EC',
    crv: 'P-256',
    x: 'Gn8-V9KLZNhWnIIC-JB8oHF0S5dQzjOszaQUJVETErI',
    y: 'XLfk8ZJDjPcjVRz7k1NtIxfJbd_Da8b_tZ4BuZoS3vE',
  }),
  'P-384': Object.freeze({
    kty: 'EC',
    crv: 'P-384',
    x: 'X02gMh_Jgqli2vTGXQKhBfRiKEeC_rLeQOiIqtFD5FivepnuEmK6FvK683JYi6kO',
    y: '3HcQMT41qN0E_YLD-TeOaPBavL7SqUx9KKsTyKt3OgBgWnJn9FXhBSmBEDSeiRJU',
  }),
  Ed25519: Object.freeze({
    kty: 'OKP',
    crv: 'Ed25519',
    x: 'umfvb-blaHI38Oy5My7HcsEVStkoALDNkonhnsjN3eA',
  }),
}

/** A key of nobody, for the work of a check that has to fail. Throws TypeError for an algorithm without one. */
export function dummyKeyFor(algorithm: AssertionAlgorithm): ClientJwk {
  const kind: { kty: string; crv?: string } = assertionAlgorithms[algorithm]
  const dummy = dummies[kind.crv ?? kind.kty]
  if (!dummy) throw new TypeError(`There is no dummy key for ${algorithm}`)
  return dummy
}
