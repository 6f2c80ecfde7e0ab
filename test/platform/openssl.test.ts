import { expect, setDefaultTimeout, test } from 'bun:test'
import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { OpensslLibrary, openFirst } from '../../src/platform/openssl/openssl.ts'
import { openLibrary } from '../../src/platform/openssl/openssl-bun.ts'
import type { NativeLibrary } from '../../src/platform/openssl/openssl-functions.ts'
import { placesOfOpenssl } from '../../src/platform/openssl/openssl-functions.ts'
import { OpensslError } from '../../src/platform/openssl/openssl-port.ts'
import { openssl, pems } from '../support/engines.ts'
import { denoProgram, run, withFolder } from '../support/spawn-server.ts'

setDefaultTimeout(60_000)

const rs256 = { hash: 'sha256', isPss: false, coordinateBytes: 0 } as const
const bytes = (text: string) => new TextEncoder().encode(text)

test('OpenSSL is looked for in folders of the system alone, by whole paths', () => {
  const places = ['x64', 'arm64'].flatMap((machine) => placesOfOpenssl({ system: 'linux', machine }))
  expect(places.length).toBeGreaterThan(8)
  for (const place of places)
    expect(place).toMatch(/^\/(usr\/)?lib(64)?\/([a-z0-9_]+-linux-gnu\/)?libcrypto\.so\.3$/)
  expect(placesOfOpenssl({ system: 'darwin', machine: 'arm64' })).toEqual([])
})

test('where there is none, every place that was tried is named', () => {
  expect(() => openFirst(['/none/libcrypto.so.3', '/no/libcrypto.so.3'], openLibrary)).toThrow(
    new OpensslError('there is no /none/libcrypto.so.3, no /no/libcrypto.so.3'),
  )
  expect(() => openFirst([], openLibrary)).toThrow('grantd calls OpenSSL on Linux alone, on x64 and arm64')
})

test('a file that is no library is named with what the system says', () =>
  withFolder(async (folder) => {
    const path = join(folder, 'libcrypto.so.3')
    await Bun.write(path, 'no library')
    expect(() => openFirst([path], openLibrary)).toThrow(
      /libcrypto\.so\.3.*(file too short|invalid ELF header)/,
    )
  }))

test('a library that is not OpenSSL 3 is refused with what it is', () => {
  const library = {
    path: '/lib/libcrypto.so.3',
    calls: { OpenSSL_version: () => 1, OPENSSL_version_major: () => 4 },
    textAt: () => 'OpenSSL 4.0.0',
  } as unknown as NativeLibrary
  expect(() => new OpensslLibrary(library)).toThrow('/lib/libcrypto.so.3 is OpenSSL 4.0.0, wanted OpenSSL 3')
})

// Each skip is for a machine without OpenSSL 3.
test.skipIf(!openssl)('a library in the folder that the process was started in is not taken', () =>
  withFolder(async (folder) => {
    await copyFile(openssl?.path ?? '', join(folder, 'libcrypto.so.3'))
    const source = join(import.meta.dir, '../../src/platform/openssl/host-openssl.ts')
    const program = `
      const { hostOpenssl } = await import(${JSON.stringify(source)})
      console.log((await hostOpenssl.openOpenssl()).path)`
    const found = await run([process.execPath, '-e', program], { folder })
    expect(found).toEqual({ code: 0, out: `${openssl?.path}\n`, err: '' })
  }),
)

test.skipIf(!openssl)('what is no key is refused with the reason of OpenSSL, and nothing of it stays', () => {
  const before = openssl?.openKeys
  for (const text of ['', 'nonsense', pems.RS256.slice(0, 400)])
    expect(() => openssl?.openKey(bytes(text), rs256)).toThrow(
      /^PEM_read_bio_PrivateKey of OpenSSL 3\.\d+\.\d+ .+ failed: error:/,
    )
  expect(openssl?.openKeys).toBe(before ?? 0)
})

test.skipIf(!openssl)('a key that cannot sign by the scheme is refused, and is freed', () => {
  const before = openssl?.openKeys
  const pss = { ...rs256, isPss: true }
  expect(() => openssl?.openKey(bytes(pems.ES256), pss)).toThrow('EVP_PKEY_CTX_set_rsa_padding')
  expect(() => openssl?.openKey(bytes(pems.EdDSA), rs256)).toThrow('EVP_DigestSignInit_ex')
  expect(openssl?.openKeys).toBe(before ?? 0)
})

test.skipIf(!openssl)(
  'the bytes of a key are not needed once it was read, and a freed key signs nothing',
  () => {
    const pem = bytes(pems.RS256)
    const key = openssl?.openKey(pem, rs256)
    pem.fill(0)
    expect(key?.provider).toBe('default')
    expect(key?.sign(bytes('a')).length).toBe(256)
    key?.free()
    key?.free()
    expect(() => key?.sign(bytes('a'))).toThrow('The key was freed')
  },
)

test.skipIf(!openssl)(
  'a failed signature leaves nothing in the error queue, and the next one is good',
  () => {
    const key = openssl?.openKey(bytes(pems.RS256), rs256)
    expect(() => openssl?.openKey(bytes('nonsense'), rs256)).toThrow()
    expect(key?.sign(bytes('a'))).toEqual(key?.sign(bytes('a')) ?? new Uint8Array())
    key?.free()
  },
)

test.skipIf(!openssl)('Deno calls it too, and without the permission says which one it wants', () =>
  withFolder(async (folder) => {
    const source = join(import.meta.dir, '../../src/platform/openssl/host-openssl.ts')
    const program = `
      import { hostOpenssl } from ${JSON.stringify(source)}
      try {
        const library = await hostOpenssl.openOpenssl()
        const key = library.openKey(new TextEncoder().encode(${JSON.stringify(pems.ES384)}), {
          hash: 'sha384', isPss: false, coordinateBytes: 48 })
        console.log(key.provider, key.sign(new Uint8Array(9)).length)
        key.free()
        console.log(library.openKeys)
      } catch (cause) {
        console.log(cause.message)
      }`
    const deno = (...permissions: string[]) =>
      run(
        [
          denoProgram,
          'run',
          '--quiet',
          '--no-config',
          '--no-prompt',
          '--allow-env',
          '--allow-sys',
          ...permissions,
          '-',
        ],
        {
          folder,
          stdin: program,
        },
      )
    expect(await deno('--allow-read', '--allow-ffi')).toEqual({ code: 0, out: 'default 96\n0\n', err: '' })
    const refused = 'Deno may call no library; start it with --allow-ffi\n'
    expect(await deno('--allow-read')).toEqual({ code: 0, out: refused, err: '' })
  }),
)
