import { expect, test } from 'bun:test'
import { buildAccessTokenClaims } from '../../src/tokens/access-token.ts'
import { aClient, aTenant } from '../support/settings.ts'

const input = {
  tenant: aTenant('t', { issuer: 'https://t.example' }),
  client: aClient('c', {
    scopes: ['a', 'b', 'c'],
    default_scopes: ['c'],
    audience: ['client-api'],
    access_token_ttl: 5,
  }),
  authorization: { subject: 's', scopes: ['b', 'a'], audience: ['x', 'y'] },
  tokenId: 'id',
  issuedAt: 1000,
  lifetime: 60,
} as const

test('the claims are those of the authorization, with the times that are given', () => {
  expect(JSON.stringify(buildAccessTokenClaims(input))).toBe(
    '{"iss":"https://t.example","sub":"s","aud":["x","y"],"exp":1060,"iat":1000,"jti":"id","scope":"b a","client_id":"c"}',
  )
})

test('no scope is no claim, and not an empty one', () => {
  const authorization = { ...input.authorization, scopes: [] }
  expect(Object.keys(buildAccessTokenClaims({ ...input, authorization }))).not.toContain('scope')
})
