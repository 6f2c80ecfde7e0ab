import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { newClientKey } from '../support/assertions.ts'
import { explain, startWorld } from './causes-kit.ts'
import { bearerCauses, lateBearerCauses } from './causes-of-bearers.ts'
import { otherCauses } from './causes-of-others.ts'
import { lateSignInCauses, signInCauses } from './causes-of-sign-ins.ts'
import { type Cause, lateTokenCauses, tokenCauses } from './causes-of-tokens.ts'

/** Acceptance 7 of the operations: each refusal has its right cause at `grantd explain`, and the answer to the client has none of it. */

const [mine, foreign] = await Promise.all([newClientKey('ES256', 'mine'), newClientKey('ES256', 'foreign')])
let started: Awaited<ReturnType<typeof startWorld>>
beforeAll(async () => {
  started = await startWorld([mine.jwk])
})
afterAll(() => started.close())

const groups = {
  'a token request': [...tokenCauses(mine, foreign), ...lateTokenCauses],
  'a bearer token': [...bearerCauses, ...lateBearerCauses],
  'a sign-in': [...signInCauses, ...lateSignInCauses],
  'another request': otherCauses,
}

test('there are twenty refusals of a token request, and ten of a bearer token and of a sign-in', () => {
  const [tokens = 0, bearers = 0, signIns = 0] = Object.values(groups).map(({ length }) => length)
  expect([tokens >= 20, bearers >= 10, signIns >= 10]).toEqual([true, true, true])
})

/** What may be in no explanation. */
const secrets = /(?<![\w-])eyJ[\w-]+\.|-secret-value|-password|correct horse|@example\.com|sha256/

/** All that goes to the client. */
async function wireOf(answer: Awaited<ReturnType<Cause['act']>>): Promise<string> {
  if (!(answer instanceof Response)) return JSON.stringify(answer)
  return `${JSON.stringify(Object.fromEntries(answer.headers))}${await answer.text()}`
}

describe.each(Object.entries(groups))('%s', (group, causes) => {
  test.each(causes.map((cause, at) => [cause.name, cause, at] as const))('%s', async (_, cause, at) => {
    const id = `${group.replaceAll(' ', '-')}-${at}`
    const answer = await cause.act(started.world(id))
    const found = await explain(started.app, id)
    expect(found).toHaveLength(1)
    const [{ check, saw = '', wanted = '' } = {}] = found
    expect({ check, saw, wanted }).toEqual({
      check: cause.check,
      saw: expect.stringMatching(cause.saw),
      wanted: expect.stringMatching(cause.wanted),
    })
    expect(JSON.stringify(found)).not.toMatch(secrets)
    const wire = await wireOf(answer)
    expect([wire.includes(saw), wire.includes(wanted)]).toEqual([false, false])
  })
})
