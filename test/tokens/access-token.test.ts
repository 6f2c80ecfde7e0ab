import { expect, test } from 'bun:test'
import { buildAccessTokenClaims } from '../../src/tokens/access-token.ts'

const input = {
  tenant: {
    id: 't',
    name: 'T',
    active: true,
    configured: true,
    generation: undefined,
    issuer: 'https://t.example',
    oauth2: undefined,
    oidc: false,
    apiKeys: undefined,
  },
  client: {
    id: 'c',
    name: 'C',
    active: true,
    configured: true,
    introspect: false,
    authenticationMethod: undefined,
    secrets: [],
    grantTypes: [],
    scopes: ['a', 'b', 'c'],
    defaultScopes: ['c'],
    audience: ['client-api'],
    resources: [],
    accessTokenTtl: 5,
  },
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
