import { expect, test } from 'bun:test'
import { ExpiryWarnings } from '../../../src/server/tls/expiry.ts'

const day = 86_400_000
const notAfter = Date.UTC(2030, 0, 1)
const facts = (fingerprint: string, end = notAfter) => ({
  ...{ fingerprint, notAfter: end, notBefore: 0, names: '', isForServers: true, isOrdered: true },
  isFor: () => true,
})

test('a certificate is warned of once at 30, 7 and 1 days before its end and once after it, and a new one has warnings of its own', () => {
  const logged: string[] = []
  const warnings = new ExpiryWarnings(
    (level, _message, fields) => void logged.push(`${level} ${fields?.['days_left'] ?? 'ended'}`),
  )
  for (let left = 40; left >= -3; left -= 0.25) warnings.look(facts('a'), notAfter - left * day)
  expect(logged).toEqual(['warn 30', 'warn 7', 'warn 1', 'error ended'])
  warnings.look(facts('b', notAfter + 90 * day), notAfter)
  expect(logged).toHaveLength(4)
  warnings.look(facts('c', notAfter + 5 * day), notAfter)
  expect(logged.at(-1)).toBe('warn 5')
})
