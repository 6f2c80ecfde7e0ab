import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadConfig } from '../../../src/config/load.ts'
import { bunPlatform } from '../../../src/platform/bun/bun.ts'
import { ListenError } from '../../../src/platform/network.ts'
import { TlsService } from '../../../src/server/tls/tls-service.ts'
import { createAuthority } from '../../support/certificates.ts'
import { withTempFolder } from '../../support/temp-folder.ts'

/** What the start says when the runtime refuses to listen. */
const refusal = (code: string) =>
  withTempFolder(async (folder) => {
    const { certificate, key } = createAuthority('Test CA').certify('localhost')
    await writeFile(join(folder, 'cert.pem'), certificate)
    await writeFile(join(folder, 'key.pem'), key, { mode: 0o600 })
    const path = join(folder, 'config.yaml')
    await writeFile(
      path,
      'server: { tls: { cert_file: cert.pem, key_file: key.pem } }\ntenants: { acme: { name: A } }\n',
    )
    const listen = () => {
      throw new ListenError(code)
    }
    const platform = { ...bunPlatform(), listen }
    const loaded = await loadConfig(path, platform)
    const tls = await TlsService.open(loaded, {
      ...{ platform, log: () => {}, tellOthers: undefined, hostname: '127.0.0.1', sharePort: false },
      settings: () => loaded.config.server,
    })
    try {
      tls.listen({ hostname: '127.0.0.1', port: 0, fetch: () => new Response() })
    } catch (cause) {
      return cause instanceof Error ? cause.message : cause
    }
    throw new Error('It listens')
  })

test('a pair that the runtime refuses is told of by its settings, and the port is not blamed', async () => {
  expect(await refusal('ERR_OSSL_EVP_UNSUPPORTED_ALGORITHM')).toBe(
    'Cannot use the certificate of server.tls: the runtime refuses cert_file cert.pem with key_file key.pem: ERR_OSSL_EVP_UNSUPPORTED_ALGORITHM; get another certificate',
  )
})

test('a port that cannot be had is told of as without TLS', async () => {
  expect(await refusal('EADDRINUSE')).toBe('Cannot listen: EADDRINUSE')
})
