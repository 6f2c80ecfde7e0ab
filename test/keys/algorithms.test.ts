import { expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import * as jose from 'jose'
import { signJwt, verifyJwt } from '../../src/keys/jwt.ts'
import { algorithms, pems } from '../support/engines.ts'
import { keyringOf, openKey, planFor, putKeyFile } from '../support/signing.ts'
import { withTempFolder } from '../support/temp-folder.ts'

setDefaultTimeout(60_000)

const issuer = 'https://issuer.example'
const now = 1_893_456_000_000
const claims = { iss: issuer, sub: 'app', iat: now / 1000, exp: now / 1000 + 60 }

test.each(algorithms)('a loaded key signs with %s so that jose and we verify it', (algorithm) =>
  withTempFolder(async (folder) => {
    const file = await putKeyFile(join(folder, 'given.pem'), pems[algorithm])
    const keys = await keyringOf(planFor(folder, { algorithm, file })).of('acme')
    const token = await signJwt(claims, { key: keys.active, typ: 'JWT' })
    const [header] = token.split('.')
    expect(Buffer.from(header ?? '', 'base64url').toString()).toBe(
      JSON.stringify({ alg: algorithm, typ: 'JWT', kid: 'k1' }),
    )
    const remote = jose.createLocalJWKSet({
      keys: keys.jwks.keys.map((key) => ({ ...key })),
    } as jose.JSONWebKeySet)
    const judged = await jose.jwtVerify(token, remote, { currentDate: new Date(now), issuer })
    expect(judged.payload).toEqual(claims)
    expect(await verifyJwt(token, { keys, issuer, types: ['JWT'], now })).toEqual(claims)
  }),
)

const generated = ['ES256', 'ES384', 'EdDSA', 'RS256', 'PS512'] as const
test.each(generated)(
  'a generated key of %s is loaded again and verifies what the first signed',
  (algorithm) =>
    withTempFolder(async (folder) => {
      const plan = planFor(folder, { algorithm })
      const first = await openKey(plan)
      const token = await signJwt(claims, { key: first.key, typ: 'JWT' })
      const keys = await keyringOf(plan).of('acme')
      expect(await verifyJwt(token, { keys, issuer, types: ['JWT'], now })).toEqual(claims)
    }),
)

test.each([2048, 3072])(
  'a generated RSA key has the modulus of %d bits that was asked for',
  (modulusLength) =>
    withTempFolder(async (folder) => {
      const plan = planFor(folder, { algorithm: 'RS256', modulusLength })
      const { key } = await openKey(plan)
      const n = Buffer.from(key.jwk.n ?? '', 'base64url')
      expect(n.length * 8).toBe(modulusLength)
      expect((n[0] ?? 0) & 0x80).toBe(0x80)
      expect(key.jwk.e).toBe('AQAB')
    }),
)
