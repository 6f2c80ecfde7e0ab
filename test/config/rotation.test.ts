import { describe, expect, test } from 'bun:test'
import { faultsOf, parse } from '../support/config-text.ts'

/** A tenant whose keys are as this line says, from line 4, column 16 on. */
const signing = (line: string) => `tenants:\n  acme:\n    name: Acme\n    signing: { ${line} }\n`
const here = 'tenants.acme.signing'
const at = (key: string, line: string) => `config.yaml:4:${16 + line.indexOf(key)}: ${here}.${key}`

test('without settings a key is changed by hand alone, and a JWK Set is kept for five minutes', async () => {
  const { config } = await parse(signing(''))
  expect(config.tenants['acme']?.signing).toMatchObject({
    rotate_every: null,
    publish_ahead: null,
    jwks_max_age: 300,
  })
})

const refused: readonly [line: string, key: string, message: string][] = [
  ['publish_ahead: 299', 'publish_ahead', 'is 299 seconds, wanted at least jwks_max_age (300)'],
  [
    'publish_ahead: 1m, jwks_max_age: 61s',
    'publish_ahead',
    'is 60 seconds, wanted at least jwks_max_age (61)',
  ],
  ['rotate_every: 600', 'rotate_every', 'is 600 seconds, wanted more than publish_ahead (600)'],
  [
    'rotate_every: 1h, publish_ahead: 1h',
    'rotate_every',
    'is 3600 seconds, wanted more than publish_ahead (3600)',
  ],
  [
    'rotate_every: 10m, jwks_max_age: 5m',
    'rotate_every',
    'is 600 seconds, wanted more than publish_ahead (600)',
  ],
  [
    'rotate_every: 1d, jwks_max_age: 1d',
    'rotate_every',
    'is 86400 seconds, wanted more than publish_ahead (86700)',
  ],
  [
    'private_key_file: own.pem, rotate_every: 30d',
    'rotate_every',
    'wants a generated key, and private_key_file names one of yours',
  ],
]
test.each(refused)('signing with %s is refused', async (line, key, message) => {
  expect(await faultsOf(signing(line))).toEqual([`${at(key, line)} ${message}`])
})

test.each([
  'publish_ahead: 300',
  'publish_ahead: 1m, jwks_max_age: 60',
  'rotate_every: 601',
  'rotate_every: 30d',
  'rotate_every: 3601, publish_ahead: 1h',
  'rotate_every: 302, jwks_max_age: 1',
  'rotate_every: null, publish_ahead: null',
  'private_key_file: own.pem, jwks_max_age: 1h',
])('signing with %s is taken', async (line) => {
  expect(await faultsOf(signing(line))).toEqual([])
})

describe('a time', () => {
  const outside: readonly [line: string, key: string, message: string][] = [
    ['rotate_every: 0', 'rotate_every', 'is "0", wanted 1 to 315360000 seconds'],
    ['rotate_every: 3651d', 'rotate_every', 'is "3651d", wanted 1 to 315360000 seconds'],
    ['publish_ahead: 0', 'publish_ahead', 'is "0", wanted 1 to 31536000 seconds'],
    ['publish_ahead: 366d', 'publish_ahead', 'is "366d", wanted 1 to 31536000 seconds'],
    ['jwks_max_age: 0', 'jwks_max_age', 'is "0", wanted 1 to 86400 seconds'],
    ['jwks_max_age: 25h', 'jwks_max_age', 'is "25h", wanted 1 to 86400 seconds'],
    [
      'rotate_every: weekly',
      'rotate_every',
      'is "weekly", wanted seconds, or a duration such as 30s 15m 1h 7d',
    ],
    ['rotate_every: -1d', 'rotate_every', 'is "-1d", wanted seconds, or a duration such as 30s 15m 1h 7d'],
    ['rotate_every: 1.5d', 'rotate_every', 'is "1.5d", wanted seconds, or a duration such as 30s 15m 1h 7d'],
    ['jwks_max_age: null', 'jwks_max_age', 'is null, wanted seconds, or a duration such as 30s 15m 1h 7d'],
  ]
  test.each(outside)('of %s is refused', async (line, key, message) => {
    expect(await faultsOf(signing(line))).toEqual([
      `config.yaml:4:${16 + key.length + 2}: ${here}.${key} ${message}`,
    ])
  })
})

test('two broken rules at once are two faults, in the order of the file', async () => {
  const line = 'rotate_every: 60, publish_ahead: 60'
  expect(await faultsOf(signing(line))).toEqual([
    `${at('rotate_every', line)} is 60 seconds, wanted more than publish_ahead (60)`,
    `${at('publish_ahead', line)} is 60 seconds, wanted at least jwks_max_age (300)`,
  ])
})
