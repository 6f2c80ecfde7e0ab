import { expect, setDefaultTimeout, test } from 'bun:test'
import { createPublicKey, verify } from 'node:crypto'
import { SigningThreads } from '../../src/platform/openssl/openssl-threads.ts'
import { openssl, pems, ThreadedHost } from '../support/engines.ts'
import { pkcs8, rsaPair } from '../support/signing.ts'
import { waitFor } from '../support/wait-for.ts'

setDefaultTimeout(60_000)

const rs256 = { hash: 'sha256', isPss: false, coordinateBytes: 0 } as const
const library = openssl
const texts = Array.from({ length: 40 }, (_, at) => new TextEncoder().encode(`text ${at}`))
const pem = pems.RS256

/** Threads of which one is ready, and a key. */
async function start(most = 2) {
  if (!library) throw new Error('skipped where there is no OpenSSL')
  const kit = new ThreadedHost()
  const threads = kit.openThreads(library, { most })
  const key = library.openKey(new TextEncoder().encode(pem), rs256)
  const isReady = async () => (await threads.sign(key.share(), new Uint8Array())) !== undefined
  await waitFor('a thread is ready', isReady)
  return { kit, threads, key, isReady }
}

const isGood = (data: Uint8Array, signature: Uint8Array | undefined, text = pem) =>
  signature !== undefined && verify('sha256', data, createPublicKey(text), signature)

// Each skip is for a machine without OpenSSL 3.
test.skipIf(!library)(
  'threads sign with two keys at once, and more of them start while some wait',
  async () => {
    const { kit, threads, key } = await start()
    const pemOfOther = pkcs8(rsaPair().privateKey)
    const other = library?.openKey(new TextEncoder().encode(pemOfOther), { ...rs256, hash: 'sha512' })
    const mine = texts.map((data) => threads.sign(key.share(), data))
    const others = texts.map((data) => other && threads.sign(other.share(), data))
    for (const [at, data] of texts.entries()) {
      expect(isGood(data, await mine[at])).toBe(true)
      expect(verify('sha512', data, createPublicKey(pemOfOther), (await others[at]) ?? data)).toBe(true)
    }
    expect(kit.workers).toHaveLength(2)
    key.free()
    other?.free()
    await threads.close()
    expect(kit.ends).toEqual([])
  },
)

test.skipIf(!library)('what OpenSSL refuses is an error in its words, and the thread goes on', async () => {
  const { kit, threads, key, isReady } = await start(1)
  const scheme = { ...rs256, hash: 'sha1024' as 'sha256' }
  const refusal = await threads.sign({ ...key.share(), scheme }, new Uint8Array())?.catch(String)
  expect(refusal).toContain('EVP_DigestSignInit_ex')
  expect(await isReady()).toBe(true)
  key.free()
  await threads.close()
  expect(kit.workers).toHaveLength(1)
})

test.skipIf(!library)(
  'of a thread that ends, every signature is made or given back, and so many others follow',
  async () => {
    const { kit, threads, key, isReady } = await start(1)
    for (let life = 1; life <= 4; life++) {
      const asked = texts.map((data) => threads.sign(key.share(), data))
      kit.workers.at(-1)?.terminate()
      const signatures = await Promise.all(asked)
      expect(signatures).toContain(undefined)
      for (const [at, signature] of signatures.entries())
        if (signature) expect(isGood(texts[at] ?? signature, signature)).toBe(true)
      expect(kit.ends.length).toBe(life)
      if (life < 4) await waitFor('another thread is ready', isReady)
    }
    expect(kit.ends.at(-1)).toEqual({ reason: 'it was ended', left: 0 })
    // One thread, and three in its place.
    expect(threads.sign(key.share(), new Uint8Array())).toBeUndefined()
    expect(kit.workers).toHaveLength(4)
    key.free()
    await threads.close()
  },
)

test.skipIf(!library)('a thread that fails says why', async () => {
  const { kit, threads, key } = await start(1)
  // Not even a job.
  kit.workers[0]?.postMessage(null)
  await waitFor('the thread has ended', () => kit.ends.length === 1)
  expect(kit.ends[0]?.reason).toContain('TypeError')
  key.free()
  await threads.close()
})

test.skipIf(!library)(
  'the end waits for signatures that a thread makes, and gives back those that none has begun',
  async () => {
    const { threads, key, kit } = await start(1)
    const asked = texts.map((data) => threads.sign(key.share(), data))
    // They are given out after this piece of work.
    await Promise.resolve()
    await threads.close()
    const signatures = await Promise.all(asked)
    expect(signatures.filter((signature) => signature).length).toBe(8)
    for (const [at, signature] of signatures.entries())
      if (signature) expect(isGood(texts[at] ?? signature, signature)).toBe(true)
    expect(threads.sign(key.share(), new Uint8Array())).toBeUndefined()
    key.free()
    expect(kit.ends).toEqual([])
  },
)

test.skipIf(!library)('where no thread can be had, nothing is signed here', async () => {
  if (!library) return
  const start = () => {
    throw new Error('no room')
  }
  const threads = new SigningThreads({ path: library.path, most: 2, onEnd: () => {}, start })
  const key = library.openKey(new TextEncoder().encode(pem), rs256)
  for (const data of texts) expect(threads.sign(key.share(), data)).toBeUndefined()
  key.free()
  await threads.close()
})
