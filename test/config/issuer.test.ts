import { expect, test } from 'bun:test'
import { faultsOf, tenantWith } from '../support/config-text.ts'

const wanted = 'an absolute http(s) URL without user, query and fragment, with one slash at its end at most'
const wantedBase = 'an absolute http(s) URL without user, query, fragment and trailing slash'

const bad = [
  'auth.example.com',
  '/auth',
  '//auth.example.com',
  'https:auth.example.com',
  'ftp://auth.example.com',
  'HTTPS://auth.example.com',
  'https://',
  'https:///auth.example.com',
  'https://auth.example.com//',
  'https://auth.example.com/a//',
  'https://auth.example.com?',
  'https://auth.example.com?a=b',
  'https://auth.example.com#',
  'https://auth.example.com/#a',
  'https://user@auth.example.com',
  'https://user:password@auth.example.com',
  'https://@auth.example.com',
  'https://:@auth.example.com',
  'https://auth.example.com:99999',
  'https://auth example.com',
  'https://auth.example.com/a b',
]
test.each(bad)('the issuer %s is refused', async (issuer) => {
  expect(await faultsOf(tenantWith(`issuer: "${issuer}"`))).toEqual([
    `config.yaml:4:13: tenants.acme.issuer is ${JSON.stringify(issuer)}, wanted ${wanted}`,
  ])
})
const bases = [...bad, 'https://auth.example.com/', 'https://auth.example.com/a/']
test.each(bases)('the public_url %s is refused', async (url) => {
  expect(await faultsOf(`server: { public_url: "${url}" }`)).toEqual([
    `config.yaml:1:23: server.public_url is ${JSON.stringify(url)}, wanted ${wantedBase}`,
  ])
})
test('an issuer with a backslash, which a URL parser would turn into a slash, is refused', async () => {
  expect(await faultsOf(tenantWith("issuer: 'https://a\\b'"))).toEqual([
    `config.yaml:4:13: tenants.acme.issuer is "https://a\\\\b", wanted ${wanted}`,
  ])
})

test.each([
  'https://auth.example.com',
  'https://auth.example.com:8443/a/b',
  'https://auth.example.com/',
  'https://auth.example.com/a/',
  'https://a',
  'http://localhost:3000',
  'http://[::1]:3000',
  'https://auth.example.com/@a',
])('the issuer %s is taken', async (issuer) => {
  expect(await faultsOf(tenantWith(`issuer: "${issuer}"`))).toEqual([])
})
