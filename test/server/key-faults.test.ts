import { expect, test } from 'bun:test'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig } from '../../src/config/load.ts'
import { openKeyMaterial } from '../../src/server/compose-keys.ts'
import { placeComplaint } from '../../src/server/open-keys.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'

const own = `tenants:
  acme:
    name: Acme
    signing: { algorithm: ES256, private_key_file: own.pem }
  beta: { name: Beta }
`

function withConfig(text: string, work: (path: string, folder: string) => Promise<void>): Promise<void> {
  return withTempFolder(async (folder) => {
    const path = join(folder, 'config.yaml')
    await writeFile(path, text, { mode: 0o600 })
    await work(path, folder)
  })
}

test('a complaint about the key file of a tenant has the place of the setting; any other stays as it is', () =>
  withConfig(own, async (path, folder) => {
    const loaded = await loadConfig(path, platform)
    const complaint = (id: string) =>
      `Cannot load the signing key of tenant '${id}': ${folder}/own.pem is bad`
    expect(await placeComplaint('acme', complaint('acme'), loaded)).toBe(
      `${path}:4:34: tenants.acme.signing.private_key_file names the file own.pem: ${folder}/own.pem is bad`,
    )
    for (const other of [complaint('beta'), "Cannot load the signing key of tenant 'beta': why"])
      expect(await placeComplaint('beta', other, loaded)).toBe(other)
  }))

test('the place is in an included file too, and left out where the file is another by now', () =>
  withConfig('include: [more.yaml]\ntenants: {}\n', async (path, folder) => {
    await writeFile(join(folder, 'more.yaml'), own, { mode: 0o600 })
    const loaded = await loadConfig(path, platform)
    const complaint = `${folder}/own.pem is bad`
    const told = () => placeComplaint('acme', complaint, loaded)
    const message = `tenants.acme.signing.private_key_file names the file own.pem: ${complaint}`
    expect(await told()).toBe(`${folder}/more.yaml:4:34: ${message}`)
    await writeFile(path, '{')
    expect(await told()).toBe(`${path}: ${message}`)
  }))

const master = 'storage: postgres://u@db.example/d\nmaster_key_file: master\ntenants: {}\n'

test('every fault of the file of master keys has the place of the setting', () =>
  withConfig(master, async (path, folder) => {
    const file = join(folder, 'master')
    const faultOf = async () =>
      String(
        (await openKeyMaterial(await loadConfig(path, platform), platform).catch((cause) => cause)).message,
      )
    const start = `${path}:2:1: master_key_file names the file master`
    expect(await faultOf()).toBe(
      `${start}, which cannot be read at ${file}: ENOENT; there is no such file or folder; check the path`,
    )
    await writeFile(file, 'x')
    await chmod(file, 0o644)
    expect(await faultOf()).toBe(
      `${start}, which is readable by others (mode 0644), wanted 0600; run: chmod 0600 ${file}`,
    )
    await chmod(file, 0o600)
    expect(await faultOf()).toBe(
      `${start}: The master key in ${file} has 1 characters that are neither, wanted 32 bytes as 64 hex digits or as base64; make one with: openssl rand -base64 32`,
    )
    await writeFile(file, '')
    expect(await faultOf()).toBe(
      `${start}: ${file} holds no master key; make one with: openssl rand -base64 32`,
    )
  }))
