import { expect, test } from 'bun:test'
import { cp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '../../src/config/fault.ts'
import { loadConfig } from '../../src/config/load.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'
import { root } from './document.ts'

/** examples/several-teams, read as a server reads it. */

const host = {
  ...platform,
  environment: (name: string) => (name === 'DASHBOARD_SECRET' ? 'a-secret-of-the-dashboard' : undefined),
}

test('the example with a file for each team has both tenants and no warning', async () => {
  const { config, warnings } = await loadConfig(join(root, 'examples/several-teams/config.yaml'), host)
  expect(Object.keys(config.tenants)).toEqual(['orders', 'reports'])
  const ofFiles = warnings.filter(({ message }) => !/readable|mode|others/.test(message))
  expect(ofFiles).toEqual([])
})

test('a fault of a team names its file, and a setting of the server there is a fault', () =>
  withTempFolder(async (folder) => {
    await cp(join(root, 'examples/several-teams'), folder, { recursive: true })
    const file = join(folder, 'tenants.d/orders.yaml')
    await writeFile(file, `server: { port: 80 }\n${await readFile(file, 'utf8')}`)
    const fault = await loadConfig(join(folder, 'config.yaml'), host).catch((cause: unknown) => cause)
    expect(fault).toBeInstanceOf(ConfigError)
    expect(String((fault as ConfigError).message)).toContain('tenants.d/orders.yaml:1:1: ')
  }))
