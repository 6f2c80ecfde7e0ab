import { afterAll, beforeAll, expect, test } from 'bun:test'
import { join, resolve } from 'node:path'
import { expectGolden } from '../support/golden.ts'
import { startTestApp, type TestApp } from '../support/test-app.ts'

const root = resolve(import.meta.dir, '../..')
let app: TestApp

beforeAll(async () => {
  app = await startTestApp(await Bun.file(join(root, 'config.yaml')).text())
})
afterAll(() => app.close())

const getDocument = async () => (await app.send('/swagger/json')).json()

test('the OpenAPI document is the golden one', async () => {
  await expectGolden('openapi.json', `${JSON.stringify(await getDocument(), null, 2)}\n`)
})

test('the OpenAPI document passes the Redocly linter without errors', async () => {
  const path = join(app.folder, 'openapi.json')
  await Bun.write(path, JSON.stringify(await getDocument()))
  const lint = Bun.spawn(
    ['node', join(root, 'node_modules/@redocly/cli/bin/cli.js'), 'lint', '--extends=recommended', path],
    {
      cwd: app.folder,
      env: { ...process.env, REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' },
      stdout: 'pipe',
      stderr: 'pipe',
    },
  )
  const text = (await new Response(lint.stdout).text()) + (await new Response(lint.stderr).text())
  expect(await lint.exited).toBe(0)
  expect(text).toContain('Your API description is valid')
})

test('the document and its page begin with the first tenant that issues tokens', async () => {
  const other = await startTestApp(`
tenants:
  asleep: { name: Asleep, active: false, oauth2: {} }
  plain: { name: Plain }
  first: { name: First, oauth2: { scopes: { read: Read } }, signing: { algorithm: ES256 } }
`)
  const document = await (await other.send('/swagger/json')).json()
  expect(document.components.securitySchemes.oauth2.flows.clientCredentials).toEqual({
    tokenUrl: '/api/v1/tenant/first/oauth/token',
    scopes: { read: 'Read' },
  })
  expect(document.paths['/api/v1/tenant/{tenant}/strategies'].get.parameters[0].example).toBe('first')
  await other.close()
})
