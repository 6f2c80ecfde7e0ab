import { expect, setDefaultTimeout, test } from 'bun:test'
import * as jose from 'jose'
import { signJwt } from '../../../../src/keys/jwt.ts'
import { openOpensslEngine } from '../../../../src/keys/signing/openssl/openssl-engine.ts'
import { parseSigningKey } from '../../../../src/keys/signing-key.ts'
import { openssl, pems, realHost, ThreadedHost } from '../../../support/engines.ts'
import { waitFor } from '../../../support/wait-for.ts'

setDefaultTimeout(60_000)

/** An engine whose threads sign, with a key, and forty tokens that were asked for. */
async function start() {
  // An engine that closes frees all keys of its library, so it is not that of another test.
  const library = await realHost.openOpenssl()
  const kit = new ThreadedHost()
  const engine = await openOpensslEngine('openssl', {
    host: { ...kit.host, openOpenssl: async () => library },
    onNews: () => {},
    onThreadEnd: (end) => kit.ends.push(end),
  })
  await kit.start(engine)
  const key = await parseSigningKey(pems.RS256, { algorithm: 'RS256', kid: 'k1' }, engine)
  const asked = Array.from({ length: 40 }, (_, sub) => signJwt({ sub: `${sub}` }, { key, typ: 'JWT' }))
  const expectGood = async () => {
    for (const [sub, token] of asked.entries())
      expect((await jose.jwtVerify(await token, key.publicKey)).payload.sub).toBe(`${sub}`)
  }
  return { kit, engine, key, expectGood, countOpen: () => library.openKeys }
}

// Each skip is for a machine without OpenSSL 3.
test.skipIf(!openssl)('a key that is rotated away signs what it was asked, and then is freed', async () => {
  const { engine, key, expectGood, countOpen } = await start()
  key.signer.close()
  expect(countOpen()).toBe(1)
  await expectGood()
  await waitFor('the key is freed', () => countOpen() === 0)
  engine.close()
})

test.skipIf(!openssl)('where the threads end, this thread makes what they have not made', async () => {
  const { kit, engine, key, expectGood, countOpen } = await start()
  for (const worker of kit.workers) worker.terminate()
  key.signer.close()
  await expectGood()
  await waitFor('the end is told', () => kit.ends.some(({ left }) => left === 0))
  await waitFor('the key is freed', () => countOpen() === 0)
  await kit.start(engine)
  engine.close()
})

test.skipIf(!openssl)('an engine that closes lets threads finish before it frees the keys', async () => {
  const { engine, expectGood, countOpen } = await start()
  // The first ones are given out.
  await Promise.resolve()
  await Promise.resolve()
  engine.close()
  await expectGood()
  await waitFor('the keys are freed', () => countOpen() === 0)
})
