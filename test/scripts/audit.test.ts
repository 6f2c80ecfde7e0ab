import { describe, expect, test } from 'bun:test'
import manifest from '../../package.json' with { type: 'json' }
import { findAdvised, readRegistryAnswer } from '../../scripts/audit/advisories.ts'
import known from '../../scripts/audit/known-advisories.json' with { type: 'json' }
import { findLeaks } from '../../scripts/audit/leaks.ts'
import { findUnlicensed } from '../../scripts/audit/licenses.ts'
import { readLock } from '../../scripts/audit/lock.ts'

import brought from '../../scripts/bun/package.json' with { type: 'json' }
import broughtLock from '../../scripts/bun/package-lock.json' with { type: 'json' }

describe('advisories', () => {
  test('a locked version inside the range of an advisory is named with the advisory, and the fixed one is not', () => {
    const versions = ['1.4.28', '1.4.29'].map((version) => ({ name: 'elysia', version }))
    expect(findAdvised(versions, known)).toEqual([
      'elysia 1.4.28 has GHSA-9643-4qgh-g8mx: a multipart form holds up the process; affected are <1.4.29',
    ])
  })

  test('each advisory has an id and a range that leaves out some version', () => {
    for (const { id, versions } of known) {
      expect(id).toMatch(/^(?:GHSA(?:-[0-9a-z]{4}){3}|CVE-\d{4}-\d{4,})$/)
      expect([id, Bun.semver.satisfies('9999.0.0', versions)]).toEqual([id, false])
    }
  })

  test('the answer of a registry is read, and what is no answer is none', () => {
    const advisory = {
      id: 1,
      url: 'https://example.com/advisories/GHSA-aaaa-bbbb-cccc',
      title: 'Bad',
      vulnerable_versions: '<2.0.0',
    }
    const found = readRegistryAnswer(JSON.stringify({ left: [advisory] }))
    expect(found).toEqual([{ package: 'left', id: 'GHSA-aaaa-bbbb-cccc', versions: '<2.0.0', what: 'Bad' }])
    expect(readRegistryAnswer('{}')).toEqual([])
    expect(readRegistryAnswer('')).toBeUndefined()
    expect(readRegistryAnswer('null')).toBeUndefined()
  })

  test('bun.lock is read with its commas before closing brackets, each version once', () => {
    const text = `{ "packages": {
      "@a/b": ["@a/b@1.0.0", "", {}, "sha512-x"],
      "c/@a/b": ["@a/b@1.0.0", "", {}, "sha512-x"],
      "c": ["c@2.0.0-beta.1", "", {}, "sha512-y"],
    } }`
    expect(readLock(text)).toEqual([
      { name: '@a/b', version: '1.0.0' },
      { name: 'c', version: '2.0.0-beta.1' },
    ])
  })
})

test('the Bun that is brought has the version that package.json names, with a hash for each of its programs', () => {
  expect(brought.dependencies.bun).toBe(manifest.engines.bun)
  const { '': _, ...packages } = broughtLock.packages as Record<
    string,
    { version?: string; integrity?: string }
  >
  expect(Object.keys(packages)).toContain('node_modules/@oven/bun-linux-x64')
  for (const { version, integrity } of Object.values(packages)) {
    expect(version).toBe(manifest.engines.bun)
    expect(integrity).toMatch(/^sha512-/)
  }
})

describe('licenses', () => {
  test.each([
    ['MIT', false, true],
    ['(MIT OR GPL-3.0)', false, true],
    ['MIT AND GPL-3.0', false, false],
    ['MPL-2.0', true, true],
    ['MPL-2.0', false, false],
    ['none', true, false],
  ])('%s in a tool (%p): allowed %p', (license, isTool, isAllowed) => {
    expect(findUnlicensed([{ name: 'a', license, isTool }])).toHaveLength(isAllowed ? 0 : 1)
  })
})

describe('secrets in files', () => {
  const words = {
    'a private key': `${'-----BEGIN EC '}PRIVATE KEY-----\n${'A'.repeat(64)}`,
    'a key of AWS': `${'AKI'}AABCDEFGHIJKLMNOP`,
    'a token of GitHub': `${'gh'}p_${'a1B2'.repeat(9)}`,
  }

  test.each(Object.entries(words))('%s is found with its line', (what, word) => {
    expect(findLeaks('a.md', `first\nsecond ${word}\n`)).toEqual([`a.md:2 has ${what} in it`])
  })

  test('a template of a key and a public key are none', () => {
    const text =
      '-----BEGIN PRIVATE KEY-----\n...\n-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE'
    expect(findLeaks('a.md', text)).toEqual([])
  })
})
