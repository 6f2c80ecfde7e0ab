import { describe, expect, test } from 'bun:test'
import { renderFault } from '../../src/config/fault.ts'
import { findWeakness } from '../../src/config/rules/weak-secret.ts'
import { generateSecret } from '../../src/secrets/generated-secret.ts'
import { parse, warningsOf } from '../support/config-text.ts'
import { platform } from '../support/test-app.ts'

const weak = 'is easy to guess by its length and characters; make one with grantd secret'

test.each([
  ...[
    'x',
    'hunter2',
    'Summer2025!',
    'correcthorse',
    'own-secret-1',
    '12345678901234567890',
    '0000-0000-0000-0000',
  ],
  ...['a'.repeat(200), 'ab'.repeat(12), 'é', ' '.repeat(40)],
])('%p is weak', (text) => {
  expect(findWeakness(text)).toBe(weak)
})

test.each([
  'correct-horse-battery-staple',
  'k3J9sQ2mZx8Lp0Wv',
  '9f86d081884c7d659a2feaa0c55ad015',
  'Zwölf-Öfen-überm-Äther',
])('%p is not weak', (text) => {
  expect(findWeakness(text)).toBeUndefined()
})

test('no generated secret is weak, of ours and of others', () => {
  for (let count = 0; count < 1000; count++) {
    const bytes = platform.randomBytes(16)
    for (const text of [
      generateSecret(platform.randomBytes, platform.hashing),
      bytes.toHex(),
      bytes.toBase64(),
      crypto.randomUUID(),
    ])
      expect([text, findWeakness(text)]).toEqual([text, undefined])
  }
})

describe('a configuration', () => {
  const clientsOf = (lines: readonly string[]) =>
    `tenants:\n  acme:\n    name: Acme\n    clients:\n${lines.map((line) => `      ${line}\n`).join('')}    oauth2: {}\n`

  test('names the place of a weak secret, wherever it comes from, and never the secret', async () => {
    const text = clientsOf([
      'a: { secret: hunter2 }',
      'b: { secret_env: B }',
      'c: { secrets: [{ id: x, env: B }] }',
    ])
    const { warnings } = await parse(text, { environment: { B: 'hunter3' } })
    expect(warnings.map(renderFault)).toEqual([
      `config.yaml:5:12: tenants.acme.clients.a.secret ${weak}`,
      `config.yaml:6:12: tenants.acme.clients.b.secret_env names the environment variable B, which ${weak}`,
      expect.stringContaining('tenants.acme.clients.c.secrets[0].env names the environment variable B'),
    ])
    expect(JSON.stringify(warnings)).not.toContain('hunter')
  })

  test('warns once about a client with several weak secrets', async () => {
    const text = clientsOf(['a: { secrets: [{ id: x, env: B }, { id: y, env: C }] }'])
    const { warnings } = await parse(text, { environment: { B: 'hunter2', C: 'hunter3' } })
    expect(warnings).toHaveLength(1)
  })

  test('of ten thousand clients names twenty, and says how many more there are', async () => {
    const warnings = await warningsOf(
      clientsOf(Array.from({ length: 10_000 }, (_, index) => `c${index}: { secret: weak-${index} }`)),
    )
    expect(warnings).toHaveLength(21)
    expect(warnings[0]).toBe('config.yaml:1:1: secrets of 9980 more clients are doubtful like these')
    expect(warnings[20]).toBe(`config.yaml:24:14: tenants.acme.clients.c19.secret ${weak}`)
  })

  test('says nothing about a hash', async () => {
    const hash = `sha256:${'ab'.repeat(32)}`
    expect(await warningsOf(clientsOf([`a: { secret_hash: '${hash}' }`]))).toEqual([])
  })
})
