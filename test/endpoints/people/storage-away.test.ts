import { expect, test } from 'bun:test'
import { createMemoryStorage } from '../../../src/storage/memory.ts'
import { failingStorage } from '../../support/failing-storage.ts'
import { decide, logIn } from '../../support/people/flow.ts'
import { ada, codeOf, first, startSignInApp, web, whereIs } from './sign-in-kit.ts'

/** While the storage is away, a person sees a page that says so, and can go on when it is back. */

async function open() {
  const storage = failingStorage(createMemoryStorage())
  const kit = await startSignInApp({ storage })
  return { storage, kit }
}

test('each page is 503 with Retry-After and leads nowhere, and works again afterwards', async () => {
  const { storage, kit } = await open()
  const browser = kit.browser()
  const away = async <T>(work: () => Promise<T>) => {
    storage.failing = true
    const answer = await work()
    storage.failing = false
    return answer
  }
  const begin = await away(() => kit.start(browser))
  const login = (await kit.start(browser)).page
  const failed = await away(() => logIn(browser, login, ada))
  const consent = await logIn(browser, login, ada)
  const undecided = await away(() => decide(browser, consent))
  for (const page of [begin.page, failed, undecided]) {
    expect([page.status, page.leftTo, page.headers.get('retry-after')]).toEqual([503, undefined, '5'])
    expect(page.text).toContain('temporarily_unavailable')
  }
  codeOf(await decide(browser, consent))
  await kit.app.close()
})

test('wherever a login stops, nothing is half done: the person repeats the step and gets a code', async () => {
  const { storage, kit } = await open()
  for (let calls = 0; calls < 40; calls++) {
    const browser = kit.browser()
    const { page } = await kit.start(browser, first)
    storage.failAfter = calls
    const done = await logIn(browser, page, ada)
    const hasFailed = storage.failAfter === undefined
    storage.failAfter = undefined
    if (!hasFailed) {
      codeOf(done)
      await kit.app.close()
      expect(calls).toBeGreaterThan(5)
      return
    }
    // What only makes the next login easier may fail without a word.
    expect(['503', 'code']).toContain(whereIs(done))
    codeOf(await logIn(browser, page, ada))
  }
  throw new Error('A login asks the storage more than forty times')
})

test('wherever an authorization with a session stops, no code is sent and none is left over', async () => {
  const { storage, kit } = await open()
  const browser = await kit.signedIn()
  for (let calls = 0; calls < 20; calls++) {
    storage.failAfter = calls
    const { page } = await kit.start(browser, web)
    const hasFailed = storage.failAfter === undefined
    storage.failAfter = undefined
    expect(whereIs(page)).toBe(hasFailed ? '503' : 'code')
    if (!hasFailed) break
  }
  await kit.app.close()
})
