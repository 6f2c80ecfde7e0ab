import { afterEach, beforeEach, describe, expect, test } from 'bun:test'
import { withdrawConsent } from '../../../src/consents/consents.ts'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import { cutOff } from '../../../src/users/cutoffs.ts'
import { type FailingStorage, failingStorage } from '../../support/failing-storage.ts'
import { decide, logIn, type Relying, type Started } from '../../support/people/flow.ts'
import { type DeviceApp, ada as deviceAda, startDeviceApp } from './device-kit.ts'
import { acmeUrl, ada, codeOf, first, type SignInApp, startSignInApp, web } from './sign-in-kit.ts'

/**
 * What ends everything of a person, such as a new password, may come while a request of that person is on its way. A code that the request
 * makes afterwards is over too, because all that allowed it was read before. The scope offline_access makes sure that it does not hang on the session.
 */

let storage: FailingStorage
let kit: SignInApp
beforeEach(async () => {
  storage = failingStorage(createMemoryStorage())
  kit = await startSignInApp({ storage })
})
afterEach(() => kit.app.close())

const offline = { scope: 'openid offline_access' }
const subOf = async ({ app }: Pick<SignInApp, 'app'> = kit) =>
  (await app.deps.people.of({ id: 'acme' }).findByUsername(ada.username))?.sub ?? ''

/** Ends everything of the person, a second after `call` was answered. The request goes on a second later. */
async function endAfter(call: string, { app }: Pick<SignInApp, 'app'> = kit): Promise<void> {
  const sub = await subOf({ app })
  const work = async () => {
    app.advance(1)
    await cutOff(storage, 'acme', { sub, before: app.deps.now() })
    app.advance(1)
  }
  storage.meanwhile = { call, work }
}

async function statusOf(started: Started, code: string, { clientId, secret, redirectUri }: Relying = web) {
  const form = { grant_type: 'authorization_code', code, redirect_uri: redirectUri }
  const who = { client_id: clientId, client_secret: secret ?? '', code_verifier: started.verifier }
  const response = await kit.app.send(`${acmeUrl}/oauth/token`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ ...form, ...who }).toString(),
  })
  return [response.status, (await response.json()).error]
}

describe('a code is over at once', () => {
  test('if everything of the person ended after its request had found the session', async () => {
    const browser = await kit.signedIn()
    const asked = await kit.start(browser, web, offline)
    codeOf(await decide(browser, asked.page))
    await endAfter('acme person_cutoff findMany')
    const started = await kit.start(browser, web, offline)
    const code = codeOf(started.page)
    expect(storage.meanwhile).toBeUndefined()
    expect(await statusOf(started, code)).toEqual([400, 'invalid_grant'])
  })

  test('if the consent was taken back after its request had read it', async () => {
    const browser = await kit.signedIn()
    const sub = await subOf()
    const work = async () => {
      kit.app.advance(1)
      await withdrawConsent({ tenantId: 'acme', sub, clientId: 'web' }, kit.app.deps)
      kit.app.advance(1)
    }
    storage.meanwhile = { call: 'acme consent findMany', work }
    const started = await kit.start(browser, web)
    const code = codeOf(started.page)
    expect(storage.meanwhile).toBeUndefined()
    expect(await statusOf(started, code)).toEqual([400, 'invalid_grant'])
  })

  test('if a new password was chosen while the old one was checked', async () => {
    const browser = kit.browser()
    const started = await kit.start(browser, first)
    await endAfter('acme password_costs find')
    const code = codeOf(await logIn(browser, started.page, ada))
    expect(storage.meanwhile).toBeUndefined()
    expect(await statusOf(started, code, first)).toEqual([400, 'invalid_grant'])
  })

  test('and a code of a later request works', async () => {
    const browser = await kit.signedIn()
    kit.app.advance(1)
    await cutOff(storage, 'acme', { sub: await subOf(), before: kit.app.deps.now() })
    kit.app.advance(1)
    const started = await kit.start(browser, web)
    const code = codeOf(await logIn(browser, started.page, ada))
    expect((await statusOf(started, code))[0]).toBe(200)
  })
})

test('a device gets nothing if everything of the person ended after the answer to it had found the session', async () => {
  const devices: DeviceApp = await startDeviceApp({ storage })
  const codes = await devices.start({ scope: 'openid offline_access' })
  const browser = devices.browser()
  const confirm = await browser.open(codes.verification_uri_complete)
  const consent = await logIn(browser, await browser.submit(confirm, {}), deviceAda)
  await endAfter('acme person_cutoff findMany', devices)
  await decide(browser, consent)
  expect(storage.meanwhile).toBeUndefined()
  devices.app.advance(10)
  expect(await devices.poll(codes)).toMatchObject({ error: 'invalid_grant' })
  await devices.app.close()
})

describe('a clock that was ahead by an hour and ended everything of the person', () => {
  beforeEach(async () => {
    await cutOff(storage, 'acme', { sub: await subOf(), before: kit.app.deps.now() + 3_600_000 })
  })

  test('does not keep the person out', async () => {
    const browser = await kit.signedIn()
    const started = await kit.start(browser, first, offline)
    expect(await statusOf(started, codeOf(started.page), first)).toEqual([200, undefined])
  })

  test('does not shield what the person gets from the next end', async () => {
    const browser = await kit.signedIn()
    const started = await kit.start(browser, first, offline)
    const code = codeOf(started.page)
    kit.app.advance(1)
    await cutOff(storage, 'acme', { sub: await subOf(), before: kit.app.deps.now() })
    expect(await statusOf(started, code, first)).toEqual([400, 'invalid_grant'])
    expect((await browser.open(`${acmeUrl}/account`)).url.pathname).toBe(`${acmeUrl}/login`)
  })
})
