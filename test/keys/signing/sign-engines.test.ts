import { expect, setDefaultTimeout, test } from 'bun:test'
import { constants, createPublicKey, verify } from 'node:crypto'
import * as jose from 'jose'
import { signJwt } from '../../../src/keys/jwt.ts'
import type { KeyHost } from '../../../src/keys/key-host.ts'
import { FileMaterial } from '../../../src/keys/material/file-material.ts'
import { parseMasterKeys } from '../../../src/keys/material/master-key.ts'
import { MemoryMaterial } from '../../../src/keys/material/memory-material.ts'
import { SealedMaterial } from '../../../src/keys/material/sealed-material.ts'
import { BuiltinEngine } from '../../../src/keys/signing/builtin-engine.ts'
import { openOpensslEngine } from '../../../src/keys/signing/openssl/openssl-engine.ts'
import { signatureSchemes } from '../../../src/keys/signing/sign-schemes.ts'
import type { SigningEngine } from '../../../src/keys/signing/signer.ts'
import { parseSigningKey, type SigningKey } from '../../../src/keys/signing-key.ts'
import type { SignatureAlgorithm } from '../../../src/protocol/algorithms.ts'
import { algorithms, openssl, pems, realHost, ThreadedHost } from '../../support/engines.ts'
import { TestClock } from '../../support/rings.ts'
import { keyHost, keyringOf, planFor } from '../../support/signing.ts'
import { withTempFolder } from '../../support/temp-folder.ts'
import { platform } from '../../support/test-app.ts'
import { settle } from '../../support/wait-for.ts'

setDefaultTimeout(60_000)

const ignored = { onNews: () => {}, onThreadEnd: () => {} }
const withoutThreads = { ...realHost, mostOpensslThreads: 0 }
const engines: Readonly<Record<string, (() => Promise<SigningEngine>) | undefined>> = {
  'built in, with threads': async () => new BuiltinEngine({ ...realHost, cores: 2 }, 1),
  'built in, without': async () => new BuiltinEngine({ ...realHost, cores: 2 }, 2),
  // Both are skipped where the machine has no OpenSSL 3.
  ...(openssl && {
    'OpenSSL on threads': async () => {
      const threaded = new ThreadedHost()
      const engine = await openOpensslEngine('openssl', { host: threaded.host, ...ignored })
      await threaded.start(engine)
      return engine
    },
    OpenSSL: () => openOpensslEngine('openssl', { host: withoutThreads, ...ignored }),
  }),
}
const cases = Object.keys(engines).flatMap((name) =>
  algorithms.map((algorithm) => [algorithm, name] as const),
)

async function withKey(
  algorithm: SignatureAlgorithm,
  name: string,
  work: (key: SigningKey) => Promise<void>,
): Promise<void> {
  const engine = await engines[name]?.()
  const key = await parseSigningKey(pems[algorithm], { algorithm, kid: 'k1' }, engine)
  try {
    await work(key)
  } finally {
    key.signer.close()
    engine?.close()
  }
}

/** What node:crypto, which shares nothing with jose, says of a JOSE signature. */
function isGood(algorithm: SignatureAlgorithm, data: Uint8Array, signature: Uint8Array): boolean {
  const { hash, isPss, coordinateBytes } = signatureSchemes[algorithm]
  const key = createPublicKey(pems[algorithm])
  return verify(
    hash,
    data,
    {
      key,
      ...(coordinateBytes > 0 && { dsaEncoding: 'ieee-p1363' }),
      ...(isPss && {
        padding: constants.RSA_PKCS1_PSS_PADDING,
        saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
      }),
    },
    signature,
  )
}

/** Signing takes a millisecond for some and a fiftieth of it for others. */
const countOf = (algorithm: SignatureAlgorithm) => (['ES256', 'EdDSA'].includes(algorithm) ? 3000 : 120)

test.each(cases)('%s %s: what it signs is good for node:crypto and for crypto.subtle', (algorithm, name) =>
  withKey(algorithm, name, async ({ signer, publicKey }) => {
    let bad = 0
    for (let count = 0; count < countOf(algorithm); count++) {
      const data = crypto.getRandomValues(new Uint8Array(count % 700))
      const signature = await signer.sign(data)
      if (!isGood(algorithm, data, signature)) bad++
      const jws = `${jose.base64url.encode(JSON.stringify({ alg: algorithm }))}.${jose.base64url.encode(data)}`
      if (count % 20 > 0) continue
      const whole = await signer.sign(new TextEncoder().encode(jws))
      await jose.compactVerify(`${jws}.${jose.base64url.encode(whole)}`, publicKey)
    }
    expect(bad).toBe(0)
  }),
)

test.each(cases)('%s %s: a token has three parts that jose reads, many at once', (algorithm, name) =>
  withKey(algorithm, name, async (key) => {
    const claims = Array.from({ length: 40 }, (_, at) => ({
      sub: `s${at}`,
      text: 'Übergrößenträger \u0000 🔑',
    }))
    const tokens = await Promise.all(claims.map((one) => signJwt(one, { key, typ: 'JWT' })))
    for (const [at, token] of tokens.entries()) {
      const { payload, protectedHeader } = await jose.jwtVerify(token, key.publicKey)
      expect(payload).toEqual(claims[at] ?? {})
      expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT', kid: 'k1' })
    }
    const other = await signJwt({ sub: 's' }, { key, typ: 'at+jwt' })
    expect(jose.decodeProtectedHeader(other).typ).toBe('at+jwt')
  }),
)

test.each(['RS256', 'PS384', 'EdDSA'] as const)(
  '%s: a signature does not depend on the engine',
  async (algorithm) => {
    const data = new TextEncoder().encode('the same')
    const signatures = new Set<string>()
    for (const name of Object.keys(engines))
      await withKey(algorithm, name, async ({ signer }) => {
        signatures.add(Buffer.from(await signer.sign(data)).toString('hex'))
      })
    // PSS is salted, the others have one signature for one text.
    expect(signatures.size).toBe(algorithm === 'PS384' ? Object.keys(engines).length : 1)
  },
)

test.each(Object.keys(engines))(
  '%s: a key that was closed signs nothing, and says that another will',
  async (name) => {
    for (const algorithm of ['ES256', 'RS256'] as const)
      await withKey(algorithm, name, async (key) => {
        const asked = [1, 2, 3].map((sub) => signJwt({ sub }, { key, typ: 'JWT' }))
        key.signer.close()
        key.signer.close()
        // What was asked before is signed.
        for (const token of asked) await jose.compactVerify(await token, key.publicKey)
        await expect(signJwt({ sub: 4 }, { key, typ: 'JWT' })).rejects.toThrow('was retired a moment ago')
      })
  },
)

test.skipIf(!openssl)(
  'closing the engine frees every key in OpenSSL, rotated ones are freed before',
  async () => {
    if (!openssl) return
    const library = openssl
    const host = { ...withoutThreads, openOpenssl: async () => library }
    const before = openssl.openKeys
    const engine = await openOpensslEngine('openssl', { host, ...ignored })
    const keys = []
    for (const algorithm of algorithms)
      keys.push(await parseSigningKey(pems[algorithm], { algorithm, kid: null }, engine))
    expect(openssl.openKeys - before).toBe(algorithms.length)
    keys[6]?.signer.close()
    expect(openssl.openKeys - before).toBe(algorithms.length - 1)
    engine.close()
    expect(openssl.openKeys).toBe(0)
    const [first] = keys
    if (first) await expect(signJwt({}, { key: first, typ: 'JWT' })).rejects.toThrow('The key was freed')
  },
)

const materials = {
  files: (host: KeyHost) => new FileMaterial(host),
  memory: (host: KeyHost) => new MemoryMaterial(host),
  database: (host: KeyHost) =>
    new SealedMaterial(host, parseMasterKeys('a'.repeat(64), { source: 'test', hashing: platform.hashing })),
}

test.skipIf(!openssl).each(Object.entries(materials))(
  'with keys in %s a rotation leaves the one key that signs in OpenSSL, and a tenant that goes leaves none',
  (_name, materialOf) =>
    withTempFolder(async (folder) => {
      if (!openssl) return
      const library = openssl
      const before = library.openKeys
      const host = { ...withoutThreads, openOpenssl: async () => library }
      const engine = await openOpensslEngine('openssl', { host, ...ignored })
      // A key is freed in a turn of its own, after what it was asked to sign.
      const countOpen = async () => {
        await settle()
        return library.openKeys - before
      }
      const clock = new TestClock()
      const ownHost = { ...keyHost, engine }
      const changes = { host: ownHost, material: materialOf(ownHost), ...clock }
      const keyring = keyringOf(planFor(folder, { algorithm: 'RS256' }), changes)
      const old = (await keyring.of('acme')).active
      expect(await countOpen()).toBe(1)
      await keyring.rotate('acme', { now: false })
      await keyring.report('acme', { withPrivate: true })
      expect(await countOpen()).toBe(1)
      await keyring.rotate('acme', { now: true, force: true })
      const { active } = await keyring.of('acme')
      expect(active.kid).not.toBe(old.kid)
      expect(await countOpen()).toBe(1)
      await jose.compactVerify(await signJwt({}, { key: active, typ: 'JWT' }), active.publicKey)
      keyring.forget('acme')
      expect(await countOpen()).toBe(0)
    }),
)
