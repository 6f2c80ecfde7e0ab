import { expect, test } from 'bun:test'
import { auditEventTypes } from '../../src/protocol/audit-events.ts'
import { faultsOf, parse } from '../support/config-text.ts'

const audit = (line: string) => `audit: ${line}\ntenants: { acme: { name: Acme } }\n`

test('the trail is kept for 90 days and holds everything unless the file says otherwise', async () => {
  const kept = { enabled: true, retain: 90 * 86_400, skip: [] }
  expect((await parse('tenants: { acme: { name: Acme } }')).config.audit).toEqual(kept)
  expect((await parse(audit('{}'))).config.audit).toEqual(kept)
  expect((await parse(audit('{ enabled: false, retain: 1h, skip: [token.issued] }'))).config.audit).toEqual({
    enabled: false,
    retain: 3600,
    skip: ['token.issued'],
  })
})

test('every type of event can be left out', async () => {
  expect(await faultsOf(audit(`{ skip: [${auditEventTypes.join(', ')}] }`))).toEqual([])
})

test.each([
  [
    '[token.issued, token.used]',
    '1:31',
    `skip[1] is "token.used", wanted one of ${auditEventTypes.join(' ')}`,
  ],
  ['[Token.Issued]', '1:17', `skip[0] is "Token.Issued", wanted one of ${auditEventTypes.join(' ')}`],
  ['[token.issued, token.issued]', '1:31', 'skip[1] repeats "token.issued"'],
  ['token.issued', '1:16', 'skip is a single value, wanted a list'],
])('skip: %s is refused', async (list, place, message) => {
  expect(await faultsOf(audit(`{ skip: ${list} }`))).toEqual([`config.yaml:${place}: audit.${message}`])
})

test.each(['59', '0', '3651d'])('retain: %s is refused', async (retain) => {
  expect(await faultsOf(audit(`{ retain: ${retain} }`))).toEqual([
    `config.yaml:1:18: audit.retain is "${retain}", wanted 60 to 315360000 seconds`,
  ])
})
