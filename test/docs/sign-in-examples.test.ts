import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { findFreePort } from '../support/free-port.ts'
import { Browser } from '../support/people/browser.ts'
import { programs, withFolder } from '../support/spawn-server.ts'
import { folderOfExamples, issuerOf, RunningExample, signInAt, startExampleServer } from './sign-in-kit.ts'

test('the web app signs a person in and out', () =>
  withFolder(async (folder) => {
    const port = await findFreePort()
    const server = await startExampleServer(folder, { web: port })
    const appUrl = `http://localhost:${port}`
    const env = { GRANTD_ISSUER_URL: issuerOf(server), APP_URL: appUrl }
    await using app = new RunningExample(['node', 'web-app/server.mjs'], env)
    await app.find(/(listens on)/)
    const browser = new Browser({ origin: appUrl, send: (url, init) => fetch(url, init) })
    const start = await browser.open('/')
    const sent = await browser.follow(start, '/login')
    const back = await signInAt(server, String(sent.leftTo))
    expect(back.leftTo?.origin).toBe(appUrl)
    const home = await browser.open(back.leftTo ?? '')
    expect(home.url.pathname).toBe('/')
    expect(home.body).toContain('Hello, Ada Lovelace!')
    const out = await browser.follow(home, '/logout')
    expect(out.leftTo?.pathname).toBe('/api/v1/tenant/main/oauth/logout')
    expect((await browser.open('/')).body).not.toContain('Ada')
    // The code of an answer that the app did not ask for.
    expect((await browser.open('/callback?code=x&state=y')).leftTo?.pathname).toEndWith('/oauth/authorize')
    expect(await server.stop()).toBe(0)
  }))

test('the command signs a person in with the browser of the machine', () =>
  withFolder(async (folder) => {
    const server = await startExampleServer(folder, {})
    await using command = new RunningExample(['node', 'native-cli.mjs'], {
      GRANTD_ISSUER_URL: issuerOf(server),
    })
    const address = await command.find(/^ {2}(http\S+)$/m)
    const back = await signInAt(server, address)
    expect(back.leftTo?.hostname).toBe('127.0.0.1')
    const stranger = new URL(back.leftTo ?? '')
    stranger.searchParams.set('state', 'of-a-stranger')
    expect((await fetch(stranger)).status).toBe(404)
    expect(await (await fetch(back.leftTo ?? '')).text()).toContain('You can close this window')
    expect(await command.child.exited).toBe(0)
    expect(command.text).toContain('Signed in as Ada Lovelace <ada@example.com>\n')
    expect(await server.stop()).toBe(0)
  }))

test('the shell script signs a person in with a code', () =>
  withFolder(async (folder) => {
    const server = await startExampleServer(folder, {})
    await using script = new RunningExample(['sh', 'device-login.sh'], {
      GRANTD_ISSUER_URL: issuerOf(server),
    })
    const code = await script.find(/type (\w{4}-\w{4})$/m)
    const done = await signInAt(server, `${server.url}/device?user_code=${code}`)
    expect(done.url.searchParams.get('result')).toBe('allowed')
    expect(await script.child.exited).toBe(0)
    expect(script.text).toMatch(/^Signed in as Ada Lovelace \([\w-]{22}\)$/m)
    expect(await server.stop()).toBe(0)
  }))

test('grantd login finds its client in the configuration, and its person on a phone', () =>
  withFolder(async (folder) => {
    const server = await startExampleServer(folder, {})
    const config = join(folder, 'config.yaml')
    const command = [...programs.executable, 'login', '--tenant', 'main', '--config', config]
    await using login = new RunningExample([...command, '--port', String(server.port)], {})
    const code = await login.find(/^ {2}(\w{4}-\w{4})$/m)
    await signInAt(server, `${server.url}/device?user_code=${code}`)
    expect(await login.child.exited).toBe(0)
    expect(login.text).toContain('Signed in as Ada Lovelace <ada@example.com> (')
    expect(login.text.match(/^ {2}verified$/gm)).toHaveLength(2)
    expect(await server.stop()).toBe(0)
  }))

test('grantd login ends when Ctrl-C is pressed', () =>
  withFolder(async (folder) => {
    const server = await startExampleServer(folder, {})
    const words = ['login', '--tenant', 'main', '--client', 'tv', '--url', server.url]
    await using login = new RunningExample([...programs.executable, ...words], {})
    await login.find(/(Ctrl-C stops)/)
    login.child.kill('SIGINT')
    expect(await login.child.exited).toBe(130)
    expect(login.text).toEndWith('\nStopped; nobody signed in\n')
    expect(await server.stop()).toBe(0)
  }))

test('the page of the single-page app is served with its settings', () =>
  withFolder(async () => {
    const issuer = 'http://localhost:1/x'
    await using app = new RunningExample(['node', 'spa/serve.mjs'], { PORT: '0', GRANTD_ISSUER_URL: issuer })
    const url = await app.find(/listens on (\S+)/)
    expect(await (await fetch(url)).text()).toContain('<button id="sign-in" hidden>')
    const script = await (await fetch(`${url}/app.js`)).text()
    expect(script).toBe(
      `window.settings = {"issuer":"${issuer}"}\n${await Bun.file(join(folderOfExamples, 'spa/app.js')).text()}`,
    )
    expect((await fetch(`${url}/serve.mjs`)).status).toBe(404)
  }))
