import { expect, test } from 'bun:test'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { newBrowser, peopleYamlBehindProxy, publicOrigin, web } from '../flows/people-setup.ts'
import { tellPeopleStory } from '../flows/people-story.ts'
import { findFreePort } from '../support/free-port.ts'
import type { Site } from '../support/people/browser.ts'
import { asksForPassword, logIn, startAuthorization } from '../support/people/flow.ts'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { proxyNames, readConfiguration, startProxy } from './proxies/proxy.ts'
import { withPorts } from './proxies/replicas.ts'

const yaml = peopleYamlBehindProxy.replace('server: {', 'server: { trusted_proxies: [127.0.0.1],')

test.each([...proxyNames])('%s passes what people need: cookies, long addresses, who is there', (name) =>
  withFolder(async (folder) => {
    await writeConfig(folder, yaml)
    await chmod(join(folder, 'config.yaml'), 0o600)
    const server = await startServer(programs.executable, { folder })
    const port = await findFreePort()
    const text = withPorts(await readConfiguration(name, 'single'), [server.port])
    const proxy = await startProxy({ name, text, folder, port })
    const host = new URL(publicOrigin).host
    const site: Site = {
      origin: publicOrigin,
      send: ({ pathname, search }, init) => {
        const headers = new Headers(init.headers)
        headers.set('X-Forwarded-For', '203.0.113.7')
        headers.set('Host', host)
        return fetch(`${proxy.url}${pathname}${search}`, {
          ...{ ...init, headers, redirect: 'manual', keepalive: false },
        })
      },
    }
    await tellPeopleStory(site)

    // 2,000 characters, of which each takes three bytes in the address.
    const long = startAuthorization(publicOrigin, 'acme', web, { state: '%'.repeat(2000) })
    const form = await newBrowser(site).open(long.url)
    expect([form.status, asksForPassword(form)]).toEqual([200, true])

    // The proxy says who is there, and not who the browser says that it is.
    const browser = newBrowser(site)
    await logIn(browser, await browser.open(long.url), { username: 'nobody', password: 'not a password' })
    await proxy.stop()
    expect(await server.stop()).toBe(0)
    const { out } = await run(programs.executable, { folder, args: ['audit', 'list', '--tenant', 'acme'] })
    expect(out).toContain('address=127.0.0.1')
    expect(out).not.toContain('203.0.113.7')
  }),
)
