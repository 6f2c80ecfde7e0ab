import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { openLogos } from '../../src/server/open-logos.ts'
import { faultsOf, parse } from '../support/config-text.ts'
import { withTempFolder } from '../support/temp-folder.ts'
import { platform } from '../support/test-app.ts'

const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1, 2, 3)
const yaml = 'tenants:\n  acme: { name: Acme, oauth2: {}, oidc: { sign_in: { logo_file: logo.png } } }\n'

test('a logo is read at the start; its name has a hash and the end that its content asks for', async () => {
  await withTempFolder(async (folder) => {
    const open = async (bytes: Uint8Array | string) => {
      await Bun.write(join(folder, 'logo.png'), bytes)
      return (await openLogos(await parse(yaml, { folder }), platform)).get('acme')
    }
    const logo = await open(png)
    expect(logo).toMatchObject({ type: 'image/png', name: expect.stringMatching(/^logo-[\da-f]{16}\.png$/) })
    expect([...(logo?.bytes ?? [])]).toEqual([...png])
    const svg = await open(
      '<?xml version="1.0"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"/>',
    )
    expect(svg).toMatchObject({ type: 'image/svg+xml', name: expect.stringMatching(/\.svg$/) })
    expect((await open(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)))?.type).toBe('image/jpeg')
    expect((await open('RIFF0000WEBPVP8 '))?.type).toBe('image/webp')
  })
})

test('a logo that is not there, too large or no image is a fault', async () => {
  const where = 'config.yaml:2:54: tenants.acme.oidc.sign_in.logo_file names the file logo.png, which'
  await withTempFolder(async (folder) => {
    const path = join(folder, 'logo.png')
    const faults = () => faultsOf(yaml, { folder })
    expect(await faults()).toEqual([
      `${where} cannot be read at ${path}: ENOENT; there is no such file or folder; check the path`,
    ])
    await Bun.write(path, '<html><svg></svg></html>')
    expect(await faults()).toEqual([`${where} is no PNG, JPEG, WebP or SVG; make it one of them`])
    await Bun.write(path, new Uint8Array(64 * 1024 + 1))
    expect((await faults())[0]).toContain(`${where} cannot be read at ${path}: `)
  })
})
