import { expect, test } from 'bun:test'
import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ConfigError } from '../../src/config/fault.ts'
import { parseConfig } from '../../src/config/load.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'

async function faultsOf(folder: string, text: string): Promise<string[]> {
  const loaded = await parseConfig({ file: 'config.yaml', text, folder }, platform).catch(
    (error: unknown) => error,
  )
  if (!(loaded instanceof ConfigError)) throw new TypeError('The configuration was not refused')
  return loaded.message.split('\n')
}

const withSecretFile = (path: string) =>
  `tenants: { a: { name: A, clients: { c: { secret_file: ${path} } } } }`

test('a secret file that is a pipe, a device or huge is refused at once and not read', () =>
  withTempFolder(async (folder) => {
    await Bun.spawn(['mkfifo', join(folder, 'pipe')]).exited
    await writeFile(join(folder, 'huge'), '')
    await truncate(join(folder, 'huge'), 1024 ** 3)
    const reasons = {
      pipe: ` at ${folder}/pipe: it is not a file`,
      '/dev/zero': ': it is not a file',
      huge: ` at ${folder}/huge: it has 1073741824 bytes, wanted at most 65536`,
    }
    for (const [path, reason] of Object.entries(reasons)) {
      expect(await faultsOf(folder, withSecretFile(path))).toEqual([
        `config.yaml:1:42: tenants.a.clients.c.secret_file names the file ${path}, which cannot be read${reason}; name another file`,
      ])
    }
  }))

test('what acts on a terminal is written out in a fault, which stays one line', async () => {
  const faults = await faultsOf('.', '{"\\e[2Jk\\nconfig.yaml:9:9: forged\\u202e": 1}')
  expect(faults).toEqual([
    expect.stringMatching(
      /^config\.yaml:1:2: \\u001b\[2Jk\\u000aconfig\.yaml:9:9: forged\\u202e is not a known key; the known keys are /,
    ),
  ])
})

test('an issuer keeps to printable ASCII', async () => {
  for (const issuer of ['https://a.example/\\e[2J', 'https://a.example/\\u009b', 'https://a.example/é']) {
    expect(await faultsOf('.', `tenants: { a: { name: A, issuer: "${issuer}" } }`)).toEqual([
      expect.stringContaining('wanted an absolute http(s) URL'),
    ])
  }
})
