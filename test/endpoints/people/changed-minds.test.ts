import { expect, test } from 'bun:test'
import { findConsent } from '../../../src/consents/consents.ts'
import { shell } from '../../../src/management/actor.ts'
import { changeClient } from '../../../src/management/change-client.ts'
import { readNothing } from '../../../src/management/client-change.ts'
import { createClient } from '../../../src/management/create-client.ts'
import { decide, logIn, type Relying } from '../../support/people/flow.ts'
import { ada as deviceAda, startDeviceApp } from './device-kit.ts'
import { ada, startSignInApp, whereIs } from './sign-in-kit.ts'

/** A page is still open while what it shows is no longer so. */

test.each([
  ['allow', 'deny'],
  ['deny', 'allow'],
] as const)(
  'of two answers to a device the first counts: %s, and the page says so after %s too',
  async (first, second) => {
    const kit = await startDeviceApp()
    const codes = await kit.start({ scope: 'openid' })
    const browser = kit.browser()
    const confirm = await browser.open(codes.verification_uri_complete)
    const consent = await logIn(browser, await browser.submit(confirm, {}), deviceAda)
    const wanted = first === 'allow' ? 'allowed' : 'denied'
    const resultOf = async (open: () => ReturnType<typeof decide>) =>
      (await open()).url.searchParams.get('result')
    expect(await resultOf(() => decide(browser, consent, first))).toBe(wanted)
    expect(await resultOf(() => decide(browser, consent, second))).toBe(wanted)
    expect(await resultOf(() => decide(browser, consent, second))).toBe(wanted)
    expect(await resultOf(() => browser.open(consent.url))).toBe(wanted)
    const sub = (await kit.app.deps.people.of({ id: 'acme' }).findByUsername(deviceAda.username))?.sub ?? ''
    const given = await findConsent({ tenantId: 'acme', sub, clientId: 'tv' }, kit.app.deps)
    expect(given !== undefined).toBe(first === 'allow')
    expect(await kit.poll(codes)).toHaveProperty(first === 'allow' ? 'access_token' : 'error')
    const events = kit.app.events.filter(({ type }) => type.startsWith('consent.'))
    expect(events.map(({ type }) => type)).toEqual([first === 'allow' ? 'consent.given' : 'consent.denied'])
    await kit.app.close()
  },
)

test('of many answers to a device at once one counts, and the page says which', async () => {
  const kit = await startDeviceApp()
  const codes = await kit.start({ scope: 'openid' })
  const browser = kit.browser()
  const confirm = await browser.open(codes.verification_uri_complete)
  const consent = await logIn(browser, await browser.submit(confirm, {}), deviceAda)
  const answers = Array.from({ length: 10 }, (_, index) => (index % 2 === 0 ? 'allow' : 'deny'))
  await Promise.all(answers.map((answer) => decide(browser, consent, answer)))
  const isAllowed = 'access_token' in (await kit.poll(codes))
  const result = (await browser.open(consent.url)).url.searchParams.get('result')
  expect(result).toBe(isAllowed ? 'allowed' : 'denied')
  await kit.app.close()
})

test('a person allows only the scopes that the page showed, though the client has got more by default since', async () => {
  const kit = await startSignInApp()
  const { deps } = kit.app
  const tenant = deps.tenants.findConfigured('acme')
  if (!tenant) throw new Error('There is no acme')
  const shop: Relying = { clientId: 'shop', redirectUri: 'https://shop.example/cb' }
  const patch = {
    ...{ grant_types: ['authorization_code'], redirect_uris: [shop.redirectUri] },
    ...{ scopes: ['api:read', 'api:write'], default_scopes: ['api:read'] },
  }
  const change = { id: shop.clientId, actor: shell, read: readNothing }
  await createClient({ ...change, patch }, tenant, deps)
  const browser = kit.browser()
  const consent = await logIn(browser, (await kit.start(browser, shop, { scope: '' })).page, ada)
  expect([consent.text.includes('Read reports'), consent.text.includes('Write reports')]).toEqual([
    true,
    false,
  ])
  const more = { default_scopes: ['api:read', 'api:write'] }
  await changeClient({ ...change, patch: more, checkCurrent: () => {} }, tenant, deps)
  expect(whereIs(await decide(browser, consent))).toBe('403')
  const again = await browser.open(consent.url)
  expect(again.text).toContain('Write reports')
  expect(whereIs(await decide(browser, again))).toBe('code')
  await kit.app.close()
})
