import { expect, test } from 'bun:test'
import {
  candidateIssuers,
  metadataNames,
  metadataUrls,
  parseMetadataPath,
} from '../../src/protocol/url/well-known.ts'

test.each([
  ['https://a.example', 'https://a.example/.well-known/N', 'https://a.example/.well-known/N'],
  ['https://a.example/', 'https://a.example/.well-known/N', 'https://a.example/.well-known/N'],
  ['https://a.example/x/y', 'https://a.example/.well-known/N/x/y', 'https://a.example/x/y/.well-known/N'],
  ['https://a.example/x/', 'https://a.example/.well-known/N/x', 'https://a.example/x/.well-known/N'],
  ['http://[::1]:3000/%41', 'http://[::1]:3000/.well-known/N/%41', 'http://[::1]:3000/%41/.well-known/N'],
])('the metadata of %s is looked for at %s and %s', (issuer, inserted, appended) => {
  for (const name of metadataNames) {
    const wanted = { inserted: inserted.replace('N', name), appended: appended.replace('N', name) }
    expect(metadataUrls(issuer, name)).toEqual(wanted)
    const issuerPath = issuer.replace(/^https?:\/\/[^/]+/, '').replace(/\/$/, '')
    for (const url of Object.values(wanted)) {
      expect(parseMetadataPath(url.replace(/^https?:\/\/[^/]+/, ''))).toEqual({ name, issuerPath })
    }
  }
})

test.each([
  '/',
  '/.well-known/',
  '/.well-known/jwks.json',
  '/.well-known/openid-configuration/',
  '/.well-known/openid-configurations',
  '/x/.well-known/openid-configuration.json',
  '/x/.well-known/oauth-authorization-server/y',
  'x/.well-known/openid-configuration',
  '//.well-known/openid-configuration',
  '/x/.WELL-KNOWN/openid-configuration',
])('%s asks for no metadata', (path) => {
  expect(parseMetadataPath(path)).toBeUndefined()
})

test('a path means issuers of the host of public_url alone, the exact one first', () => {
  expect(candidateIssuers('/x', 'https://a.example')).toEqual(['https://a.example/x', 'https://a.example/x/'])
  expect(candidateIssuers('', 'https://a.example:8443/auth')).toEqual([
    'https://a.example:8443',
    'https://a.example:8443/',
    'https://a.example:8443/auth',
    'https://a.example:8443/auth/',
  ])
})
