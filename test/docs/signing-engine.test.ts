import { expect, test } from 'bun:test'
import { placesOfOpenssl } from '../../src/platform/openssl/openssl-functions.ts'
import { readDocument } from './document.ts'

test('docs/deployment.md names the folders where OpenSSL is looked for', async () => {
  const page = await readDocument('docs/deployment.md')
  for (const place of placesOfOpenssl({ system: 'linux', machine: 'x64' })) {
    const folder = place.slice(0, place.lastIndexOf('/'))
    // /lib is /usr/lib on every system of today.
    expect(page).toContain(folder.replace(/^\/lib(?=\/)/, '/usr/lib'))
  }
})
