import { type Expectation, toRequestEntry } from '../contenders/asking.ts'
import { type Contender, client, form, type TokenServer } from '../contenders/contender.ts'
import { tenantPath } from '../contenders/grantd.ts'
import { fetchToken } from '../contenders/token-entry.ts'
import type { HttpRequest } from '../measure/wrk.ts'
import { compare, type Starter } from './compare.ts'
import type { Scenario } from './scenario.ts'
import { listGrantd } from './tokens.ts'

/** What is asked of a server that has issued a token. */
interface Question {
  readonly name: string
  readonly title: string
  request(started: TokenServer): Promise<HttpRequest>
  readonly expected: Expectation
}

const questions: readonly Question[] = [
  {
    name: 'introspection',
    title: 'Introspection of an RS256 token by its client, 32 connections',
    async request(started) {
      const token = await fetchToken(started)
      return {
        method: 'POST',
        path: `${tenantPath('bench')}/oauth/introspect`,
        contentType: form,
        body: new URLSearchParams({ token, client_id: client.id, client_secret: client.secret }).toString(),
      }
    },
    expected: holding('"active":true'),
  },
  {
    name: 'protected-resource',
    title: 'The protected resource with an RS256 token, 32 connections',
    request: async (started) => ({
      method: 'GET',
      path: '/api/v1/protected-resource',
      authorization: `Bearer ${await fetchToken(started)}`,
    }),
    expected: holding('"The access token is valid"'),
  },
  {
    name: 'jwks',
    title: 'The JWK Set, 32 connections',
    request: async ({ jwksPath }) => ({ method: 'GET', path: jwksPath }),
    expected: holding('"keys":[{"'),
  },
]

export const checkScenarios: readonly Scenario[] = questions.map((question) => ({
  name: question.name,
  title: question.title,
  run: (bench) =>
    compare(
      bench,
      listGrantd(bench).map((contender) => toStarter(contender, question)),
    ),
}))

function toStarter(contender: Contender, question: Question): Starter {
  return async (folder) => {
    const started = await contender.start(folder, 'RS256')
    const request = await question.request(started)
    const { expected } = question
    return { server: started.server, entry: toRequestEntry(contender, started.server, { request, expected }) }
  }
}

function holding(part: string): Expectation {
  return {
    status: 200,
    check(body) {
      if (!body.includes(part)) throw new Error(`The answer has no ${part}: ${body}`)
    },
  }
}
