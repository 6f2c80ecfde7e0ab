import { expect, test } from 'bun:test'
import { describeDistance, renderJwt } from '../../src/cli/render-jwt.ts'

test.each([
  [0, 'now'],
  [1, 'in 1 second'],
  [-59, '59 seconds ago'],
  [60, 'in 1 minute'],
  [3599, 'in 59 minutes'],
  [-7200, '2 hours ago'],
  [86_400 * 3 + 5, 'in 3 days'],
])('a distance of %d seconds is told as: %s', (seconds, words) => {
  expect(describeDistance(seconds)).toBe(words)
})

const report = {
  header: { alg: 'ES256' },
  claims: { sub: 'a', exp: 90, nbf: 'soon', exp2: 1e300 },
  signature: 'verified',
}

test('a JWT is told member by member, with times in words', () => {
  const plain = { isTerminal: false, environment: () => undefined }
  expect(renderJwt(report, 30_000, plain)).toBe(
    [
      'Header',
      '  alg  ES256',
      'Claims',
      '  sub   a',
      '  exp   90  1970-01-01 00:01:30 UTC, in 1 minute',
      '  nbf   soon',
      '  exp2  1e+300',
      'Signature',
      '  verified',
      '',
    ].join('\n'),
  )
})

test('colours are for terminals alone, and NO_COLOR and TERM=dumb turn them off', () => {
  const render = (isTerminal: boolean, environment: Record<string, string>) =>
    renderJwt(report, 0, { isTerminal, environment: (name) => environment[name] }).includes('\x1b[')
  expect(render(true, {})).toBe(true)
  expect(render(false, {})).toBe(false)
  expect(render(true, { NO_COLOR: '1' })).toBe(false)
  expect(render(true, { NO_COLOR: '' })).toBe(true)
  expect(render(true, { TERM: 'dumb' })).toBe(false)
})
