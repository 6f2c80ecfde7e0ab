import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { normalPassword } from '../../src/protocol/password/password.ts'
import {
  costOfPassword,
  dummyHash,
  isDearHash,
  parsePasswordHash,
  renderPbkdf2,
} from '../../src/protocol/password/password-hash.ts'
import { normalEmail } from '../../src/protocol/people/username.ts'
import { Passwords } from '../../src/secrets/passwords.ts'
import { platform } from '../support/test-app.ts'

const { hashing, passwordHash, randomBytes, monotonic } = platform
const passwords = new Passwords({ hashing, passwordHash, randomBytes, monotonic, atOnce: 1 })
/** As on a runtime without argon2id. */
const plain = new Passwords({ hashing, passwordHash: undefined, randomBytes, monotonic, atOnce: 1 })

const verify = (password: string, hash: string) => passwords.verify(password, hash)

test('a new password is argon2id of 19 MiB and two passes, and is right afterwards', async () => {
  const hash = await passwords.hash('correct horse battery')
  expect(hash).toStartWith('$argon2id$v=19$m=19456,t=2,p=1$')
  expect(await verify('correct horse battery', hash)).toEqual({ isRight: true, isStale: false })
  expect((await verify('correct horse batterx', hash)).isRight).toBe(false)
  expect(await passwords.hash('correct horse battery')).not.toBe(hash)
})

test('the same letter in other bytes is the same password, and another space is a space', async () => {
  const hash = await passwords.hash('Zürich am See')
  expect((await verify('Zürich am See'.normalize('NFD'), hash)).isRight).toBe(true)
  expect((await verify('Zürich\u00a0am See', hash)).isRight).toBe(true)
  expect((await verify('zürich am See', hash)).isRight).toBe(false)
  expect((await verify('Zürich am See ', hash)).isRight).toBe(false)
})

test('a text with more marks in a row than any has stays as it is, because sorting them takes a time that grows with their square', async () => {
  const marks = (count: number) => `a${'\u0301'.repeat(count)}${'\u0316'.repeat(count)}`
  expect(normalPassword(marks(15))).toBe(marks(15).normalize('NFC'))
  expect(normalEmail(`${marks(15)}@EXAMPLE.com`)).toBe(`${marks(15).normalize('NFC')}@example.com`)
  // The whole body of a form: without the limit it takes half a minute.
  for (const count of [16, 16_000]) {
    expect(normalPassword(marks(count))).toBe(marks(count))
    expect(normalEmail(`${marks(count)}@EXAMPLE.com`)).toBe(`${marks(count)}@example.com`)
  }
  const hash = await passwords.hash(marks(100))
  expect((await verify(marks(100), hash)).isRight).toBe(true)
})

test('a ligature is not its letters: NFC and not NFKC', async () => {
  const hash = await passwords.hash('ﬁnish the line')
  expect((await verify('finish the line', hash)).isRight).toBe(false)
})

test('an empty password and one of more than 1,024 bytes are never right', async () => {
  for (const text of ['', 'x'.repeat(1025), 'ü'.repeat(513)]) {
    const hash = (await passwordHash?.hash(text || ' ', { memory: 64, passes: 1 })) ?? ''
    expect((await verify(text, hash)).isRight).toBe(false)
  }
  const longest = 'ü'.repeat(512)
  expect((await verify(longest, await passwords.hash(longest))).isRight).toBe(true)
})

test.each(['argon2id', 'bcrypt'] as const)(
  'a password that nobody can have takes a whole check of %s, which an empty text does not',
  async (algorithm) => {
    const checked: (string | Uint8Array)[] = []
    const watched = new Passwords({
      ...{ hashing, randomBytes, monotonic, atOnce: 1 },
      passwordHash: {
        hash: async () => '',
        verify: async (password: string | Uint8Array) => {
          checked.push(password)
          return true
        },
      },
    })
    const hash = await Bun.password.hash('x', { algorithm, cost: 4, memoryCost: 64, timeCost: 1 })
    const impossible = ['', 'x'.repeat(1025), 'ü'.repeat(513), ...(algorithm === 'bcrypt' ? ['x\0'] : [])]
    for (const typed of impossible)
      expect(await watched.verify(typed, hash)).toMatchObject({ isRight: false })
    expect(checked.map(({ length }) => length > 0)).toEqual(impossible.map(() => true))
  },
)

describe('hashes of others', () => {
  test.each([
    ['crypt(3)', 'correct horse battery', '$2y$05$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.'],
    ['crypt(3)', 'Zürich', '$2a$05$abcdefghijklmnopqrstuuk80FJANUQaARRLmhU4DVHskWtav6ota'],
    [
      'the documentation of argon2-cffi',
      'correct horse battery staple',
      '$argon2id$v=19$m=65536,t=3,p=4$MIIRqgvgQbgj220jfp0MPA$YfwJSVjtjSU0zzV/P3S9nnQ/USre2wvJMjfCIjrTQbg',
    ],
    [
      'hashlib of Python',
      'correct horse battery',
      '$pbkdf2-sha512$i=27500$AAECAwQFBgcICQoLDA0ODw$5B4tnWqx2PYDfdhQilEny0L9eoEaMA8DMq85BtGBSuSxgz+uD+tGkC1hmXVbN1yvKeRJ0QZgeAVUUe3CJtSpBQ',
    ],
    [
      'Django, with its salt in base64',
      'correct horse battery',
      '$pbkdf2-sha256$i=1000$c2Vhc2FsdA==$DrdiWD40lyBuydnjvZiDrdQMx1S1mOA9O0QYex0R6ww=',
    ],
  ])('%s: a hash of %p is right', async (_, password, hash) => {
    expect(await verify(password, hash)).toEqual({ isRight: true, isStale: true })
    expect((await verify(`${password}.`, hash)).isRight).toBe(false)
  })

  test('a bcrypt hash reads 72 bytes, and a longer password is right but is not made the new one', async () => {
    // Made by crypt(3) of 72 times x; it makes the same of a longer text.
    const hash = '$2y$05$abcdefghijklmnopqrstuujf8SX2ahXLwp9w/B.Y5XdysS6yR576q'
    expect(await verify('x'.repeat(72), hash)).toEqual({ isRight: true, isStale: false })
    expect(await verify(`${'x'.repeat(72)} and more`, hash)).toEqual({ isRight: true, isStale: false })
    expect((await verify('x'.repeat(71), hash)).isRight).toBe(false)
  })

  test('a shorter password with a bcrypt hash is to be hashed anew', async () => {
    const hash = await Bun.password.hash('swordfish', { algorithm: 'bcrypt', cost: 4 })
    expect(await verify('swordfish', hash)).toEqual({ isRight: true, isStale: true })
    expect((await verify('swordfish\0', hash)).isRight).toBe(false)
  })

  test('an argon2id hash of another cost is right, and is to be hashed anew', async () => {
    const hash = await Bun.password.hash('swordfish', { algorithm: 'argon2id', memoryCost: 64, timeCost: 1 })
    expect(await verify('swordfish', hash)).toEqual({ isRight: true, isStale: true })
  })

  test('others hash what they get: the text as it was typed is tried too', async () => {
    const typed = 'Zürich'.normalize('NFD')
    const hash = await Bun.password.hash(typed, { algorithm: 'bcrypt', cost: 4 })
    expect((await verify(typed, hash)).isRight).toBe(true)
    expect((await verify('Zürich', hash)).isRight).toBe(false)
  })

  test.each([
    // RFC 7914 section 11 and RFC 6070 section 2.
    ['sha256', 'passwd', 'salt', 1, '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc'],
    ['sha1', 'password', 'salt', 4096, '4b007901b765489abead49d926f721d065a429c1'],
  ])('PBKDF2 with %s agrees with its RFC', async (digest, password, salt, iterations, hex) => {
    const base64 = (bytes: Uint8Array) => bytes.toBase64({ omitPadding: true })
    const hash = base64(Uint8Array.fromHex(hex))
    const text = `$pbkdf2-${digest}$i=${iterations}$${base64(new TextEncoder().encode(salt))}$${hash}`
    expect(await verify(password, text)).toEqual({ isRight: true, isStale: true })
    expect((await verify(`${password}x`, text)).isRight).toBe(false)
    expect((await plain.verify(password, text)).isRight).toBe(true)
  })

  test('the form of passlib, with a dot for a plus and without i=, is read too', () => {
    const salt = new Uint8Array(16).fill(0xfb)
    const hash = new Uint8Array(32).fill(0xef)
    const text = renderPbkdf2({ digest: 'SHA-256', iterations: 29_000, salt, hash })
    expect(text).toContain('+')
    const passlib = text.replace('i=', '').replaceAll('+', '.')
    expect(parsePasswordHash(passlib)).toEqual(parsePasswordHash(text))
    expect(parsePasswordHash(text)).toMatchObject({ kind: 'pbkdf2', digest: 'SHA-256', iterations: 29_000 })
  })

  test.each([
    '',
    'plain',
    'sha256:00',
    '$argon2i$v=19$m=65536,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw$o+Ds2S2+2mVXolp0YOfZ3zWihtpn7Z+2md1EzRac0z0',
    '$argon2id$v=19$m=9999999,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw$o+Ds2S2+2mVXolp0YOfZ3zWihtpn7Z+2md1EzRac0z0',
    '$argon2id$v=19$m=8,t=3,p=4$BwcHBwcHBwcHBwcHBwcHBw$o+Ds2S2+2mVXolp0YOfZ3zWihtpn7Z+2md1EzRac0z0',
    '$2b$31$Jwbzji2i.9Rk9zGIEXJYSOQcw7drnmYmbyYkwjQsX.o.x7vG7dD06',
    '$2x$10$Jwbzji2i.9Rk9zGIEXJYSOQcw7drnmYmbyYkwjQsX.o.x7vG7dD06',
    '$pbkdf2-sha512$i=10000001$c2FsdHNhbHQ$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw',
    '$pbkdf2-md5$i=1000$c2FsdHNhbHQ$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLw',
    '$pbkdf2-sha512$i=1000$c2FsdHNhbHQ$Va.',
    // Hashes that take minutes: by passes, and by blocks.
    '$argon2id$v=19$m=1048576,t=99,p=4$BwcHBwcHBwcHBwcHBwcHBw$o+Ds2S2+2mVXolp0YOfZ3zWihtpn7Z+2md1EzRac0z0',
    `$pbkdf2-sha1$i=10000000$c2FsdHNhbHQ$${'A'.repeat(86)}`,
    // Hashes for which Bun throws: with spare bits, of no whole bytes, of too many lanes.
    `$2b$10$${'9'.repeat(53)}`,
    `$2b$10$${'.'.repeat(52)}/`,
    '$argon2id$v=19$m=64,t=1,p=1$BwcHBwcHBwcHBwcHBwcHBx$o+Ds2S2+2mVXolp0YOfZ3zWihtpn7Z+2md1EzRac0z0',
    `$argon2id$v=19$m=64,t=1,p=1$${'A'.repeat(13)}$o+Ds2S2+2mVXolp0YOfZ3zWihtpn7Z+2md1EzRac0z0`,
    '$argon2id$v=19$m=65536,t=1,p=65$BwcHBwcHBwcHBwcHBwcHBw$o+Ds2S2+2mVXolp0YOfZ3zWihtpn7Z+2md1EzRac0z0',
  ])('%p is no hash of a password', (text) => {
    expect(parsePasswordHash(text)).toBeUndefined()
  })
})

test('every hash that is taken can be checked', async () => {
  const texts = fc.oneof(
    fc
      .tuple(
        fc.integer({ min: 1, max: 99 }),
        fc.uint8Array({ minLength: 1, maxLength: 70 }),
        fc.uint8Array({ minLength: 10, maxLength: 70 }),
      )
      .map(
        ([lanes, salt, hash]) =>
          `$argon2id$v=19$m=${8 * lanes},t=1,p=${lanes}$${salt.toBase64({ omitPadding: true })}$${hash.toBase64({ omitPadding: true })}`,
      ),
    fc.stringMatching(/^[./A-Za-z0-9]{53}$/).map((text) => `$2b$04$${text}`),
    fc.stringMatching(/^[A-Za-z0-9+/]{11,30}$/).map((text) => `$argon2id$v=19$m=8,t=1,p=1$${text}$${text}`),
  )
  await fc.assert(
    fc.asyncProperty(texts, async (text) => {
      if (parsePasswordHash(text)) expect((await verify('x', text)).isRight).toBe(false)
    }),
    { numRuns: 300 },
  )
})

test('a password in clear in config.yaml is right too, and stays as it is', async () => {
  const hash = `sha256:${hashing.sha256('grantd').toHex()}`
  expect(await verify('grantd', hash)).toEqual({ isRight: true, isStale: false })
  expect((await verify('other', hash)).isRight).toBe(false)
  expect((await plain.verify('grantd', hash)).isRight).toBe(true)
})

test('without argon2id, a new password is PBKDF2 with SHA-512, and hashes of argon2id are unavailable', async () => {
  const hash = await plain.hash('correct horse battery')
  expect(hash).toStartWith('$pbkdf2-sha512$i=210000$')
  expect(await plain.verify('correct horse battery', hash)).toEqual({ isRight: true, isStale: false })
  expect(await verify('correct horse battery', hash)).toEqual({ isRight: true, isStale: true })
  await expect(plain.verify('a', passwords.dummy)).rejects.toThrow('cannot check an argon2id or bcrypt hash')
})

test.each(['$argon2id$v=19$m=64,t=1,p=1', '$2b$04', '$pbkdf2-sha256$i=10', '$pbkdf2-sha512$29'])(
  'a dummy of the cost %s is a hash that can be checked, and nothing has it',
  async (cost) => {
    expect(parsePasswordHash(dummyHash(cost))).toBeDefined()
    expect((await verify('', dummyHash(cost))).isRight).toBe(false)
    expect((await verify('password', dummyHash(cost))).isRight).toBe(false)
  },
)

test('the cost of a PBKDF2 hash has its length, because twice as many bytes take twice as long', () => {
  const hash = new Uint8Array(64).fill(1)
  const text = renderPbkdf2({ digest: 'SHA-256', iterations: 27_500, salt: new Uint8Array(8), hash })
  expect(costOfPassword(text)).toBe('$pbkdf2-sha256$i=27500,l=64')
  expect(parsePasswordHash(dummyHash(costOfPassword(text)))).toMatchObject({ hash: new Uint8Array(64) })
  expect(costOfPassword(dummyHash(costOfPassword(text)))).toBe(costOfPassword(text))
  expect(costOfPassword(plain.dummy)).toBe('$pbkdf2-sha512$i=210000,l=64')
})

test('a check of more than a second is known by its cost', () => {
  const argon2id = (cost: string) =>
    `$argon2id$v=19$${cost}$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g`
  const bcrypt = (rounds: number) => `$2b$${rounds}$abcdefghijklmnopqrstuuD3mHdCr44zlIZ.VZCaYRpfQhXMYnEo.`
  const pbkdf2 = (iterations: number, length: number) =>
    renderPbkdf2({
      ...{ digest: 'SHA-256', iterations, salt: new Uint8Array(8), hash: new Uint8Array(length) },
    })
  const quick = ['m=262144,t=4,p=1', 'm=7168,t=5,p=1'].map(argon2id)
  quick.push(bcrypt(14), pbkdf2(2_500_000, 32), pbkdf2(1_250_000, 64))
  const dear = ['m=262145,t=1,p=1', 'm=262144,t=5,p=4', 'm=1048576,t=4,p=1', 'm=8,t=4294967295,p=1'].map(
    argon2id,
  )
  dear.push(bcrypt(15), pbkdf2(2_500_001, 32), pbkdf2(1_250_001, 64))
  expect(quick.map(isDearHash)).toEqual(quick.map(() => false))
  expect(dear.map(isDearHash)).toEqual(dear.map(() => true))
})

test('a full queue is refused with 503, and one of many names does not delay another', async () => {
  const queue = new Passwords({ hashing, passwordHash, randomBytes, monotonic, atOnce: 1 })
  let open = () => {}
  const blocked = new Promise<void>((resolve) => {
    open = resolve
  })
  const order: string[] = []
  const place = (name: string) => () => ({ isKnown: false, path: ['t', 'address', name] })
  const first = queue.inTurn(() => blocked, place('first'))
  const waiting = Array.from({ length: 64 }, () =>
    queue.inTurn(async () => void order.push('many'), place('many')),
  )
  await expect(queue.inTurn(async () => {}, place('many'))).rejects.toMatchObject({
    code: 'temporarily_unavailable',
    status: 503,
    retryAfterSeconds: 1,
  })
  const other = queue.inTurn(async () => void order.push('other'), place('other'))
  open()
  await Promise.all([first, other, ...waiting])
  expect(order.indexOf('other')).toBeLessThanOrEqual(1)
})
