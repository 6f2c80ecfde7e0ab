import { expect, test } from 'bun:test'
import { join } from 'node:path'
import { placesOfOpenssl } from '../../src/platform/openssl/openssl-functions.ts'
import { readDocument, root } from './document.ts'

test('what is said of an engine that cannot be had is in docs/troubleshooting.md', async () => {
  const page = await readDocument('docs/troubleshooting.md')
  for (const words of [
    'Cannot sign with OpenSSL, as server.signing_engine wants: ',
    '; install OpenSSL 3, or set it to auto',
    'Deno may call no library; start it with --allow-ffi',
    'grantd calls OpenSSL on Linux alone, on x64 and arm64',
  ]) {
    const sources = [
      'keys/signing/openssl/openssl-engine.ts',
      'platform/openssl/openssl.ts',
      'platform/openssl/openssl-deno.ts',
    ]
    const texts = await Promise.all(sources.map((file) => Bun.file(join(root, 'src', file)).text()))
    expect(texts.join('\n')).toContain(words)
    expect(page).toContain(words)
  }
})

test('docs/deployment.md names the folders where OpenSSL is looked for', async () => {
  const page = await readDocument('docs/deployment.md')
  for (const place of placesOfOpenssl({ system: 'linux', machine: 'x64' })) {
    const folder = place.slice(0, place.lastIndexOf('/'))
    // /lib is /usr/lib on every system of today.
    expect(page).toContain(folder.replace(/^\/lib(?=\/)/, '/usr/lib'))
  }
})
