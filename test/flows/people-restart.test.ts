import { expect, test } from 'bun:test'
import {
  asksForPassword,
  authorize,
  logIn,
  redeem,
  refresh,
  sendRefresh,
  startAuthorization,
  userinfo,
} from '../support/people/flow.ts'
import { siteOfServer } from '../support/people/sites.ts'
import { programs, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { ada, grace, newBrowser, peopleYaml, web } from './people-setup.ts'

const tenant = 'acme'

test('after a restart with ada switched off in config.yaml she has nothing left, and grace has all that she had', () =>
  withFolder(async (folder) => {
    await writeConfig(folder, peopleYaml)
    const first = await startServer(programs.executable, { folder })
    const before = siteOfServer(first)
    const browsers = [newBrowser(before), newBrowser(before)] as const
    const [ofAda, ofGrace] = await Promise.all(
      [ada, grace].map(async (credentials, at) => {
        const browser = browsers[at] ?? browsers[0]
        return redeem(before, tenant, web, await authorize(browser, { tenant, client: web, credentials }))
      }),
    )
    expect(await first.stop()).toBe(0)
    if (!ofAda || !ofGrace) throw new Error('somebody is not signed in')
    await writeConfig(folder, peopleYaml.replaceAll(`ada: { email`, 'ada: { active: false, email'))
    // The same port, so that the issuer is the same.
    const env = { GRANTD_PORT: String(first.port) }
    const second = await startServer(programs.executable, { folder, env })
    const after = siteOfServer(second)
    expect((await userinfo(after, tenant, ofAda.access_token)).status).toBe(401)
    expect((await sendRefresh(after, tenant, web, ofAda.refresh_token ?? '')).status).toBe(400)
    expect((await userinfo(after, tenant, ofGrace.access_token)).status).toBe(200)
    await refresh(after, tenant, web, ofGrace.refresh_token ?? '')
    const [hers, ofOther] = browsers
    const form = await hers.through(after).open(startAuthorization(after.origin, tenant, web).url)
    expect(asksForPassword(form)).toBe(true)
    expect((await logIn(hers, form, ada)).status).toBe(401)
    const again = await authorize(ofOther.through(after), {
      tenant,
      client: web,
      parameters: { prompt: 'none' },
    })
    expect(again.page.way).toHaveLength(1)
    expect(await second.stop()).toBe(0)
  }))
