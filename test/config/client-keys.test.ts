import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'
import { newClientKey } from '../support/assertions.ts'
import { faultsOf, parse, secretFrom } from '../support/config-text.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const { jwk } = await newClientKey('ES256', 'one')
const inline = JSON.stringify({ keys: [jwk] })
const method = 'token_endpoint_auth_method: private_key_jwt'
/** A client whose lines are these. */
const lines = (...all: readonly string[]) => secretFrom(all.join('\n        '))

async function clientOf(text: string, folder?: string) {
  const { config } = await parse(text, folder === undefined ? {} : { folder })
  return config.tenants['acme']?.clients['app']
}

describe('a client of private_key_jwt', () => {
  const { x, y } = jwk
  const kept = { keys: [{ kty: 'EC', crv: 'P-256', x, y, kid: 'one', alg: 'ES256' }] }

  test('has its keys inline, as JSON or as YAML', async () => {
    expect((await clientOf(lines(method, `jwks: ${inline}`)))?.jwks).toEqual(kept as never)
    const block = [`jwks:`, `  keys:`, `    - kty: EC`, `      crv: P-256`, `      x: ${x}`, `      y: ${y}`]
    expect((await clientOf(lines(method, ...block)))?.jwks?.keys).toEqual([
      { kty: 'EC', crv: 'P-256', x, y },
    ] as never)
  })

  test('has its keys in a file, which stand in the configuration then', async () => {
    await withTempFolder(async (folder) => {
      await Bun.write(join(folder, 'jwks.json'), `${inline}\n`)
      expect(await clientOf(lines(method, 'jwks_file: jwks.json'), folder)).toMatchObject({
        jwks: kept,
        jwks_file: null,
      })
    })
  })

  test('has nothing but keys, from one place', async () => {
    const where = 'config.yaml:5:7: tenants.acme.clients.app'
    expect(await faultsOf(lines(method))).toEqual([
      `${where} wants exactly one of jwks, jwks_file for private_key_jwt; it has none`,
    ])
    expect(await faultsOf(lines(method, `jwks: ${inline}`, 'jwks_file: a'))).toEqual([
      `${where} wants exactly one of jwks, jwks_file for private_key_jwt; it has jwks, jwks_file`,
    ])
    expect(await faultsOf(lines(method, `jwks: ${inline}`, 'secret: own-secret-1'))).toEqual([
      'config.yaml:8:9: tenants.acme.clients.app.secret has no use with private_key_jwt, wanted public keys alone',
    ])
  })
})

test('keys of a client that is not of private_key_jwt are refused', async () => {
  for (const line of ['name: App', 'token_endpoint_auth_method: client_secret_post'])
    expect(await faultsOf(lines(line, 'secret: own-secret-1', `jwks: ${inline}`))).toEqual([
      'config.yaml:8:9: tenants.acme.clients.app.jwks wants token_endpoint_auth_method: private_key_jwt beside it',
    ])
})

test('a private key is refused at its place, and never quoted', async () => {
  const d = 'c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0LXNlY3I'
  const text = lines(method, 'jwks:', '  keys:', `    - ${JSON.stringify({ ...jwk, d })}`)
  const faults = await faultsOf(text)
  expect(faults).toHaveLength(1)
  expect(faults[0]).toMatch(
    /^config\.yaml:9:\d+: tenants\.acme\.clients\.app\.jwks\.keys\[0\]\.d is part of a private key, /,
  )
  expect(faults.join()).not.toContain(d)
  await withTempFolder(async (folder) => {
    await Bun.write(join(folder, 'jwks.json'), JSON.stringify({ keys: [{ ...jwk, d }] }))
    const inFile = await faultsOf(lines(method, 'jwks_file: jwks.json'), { folder })
    expect(inFile).toHaveLength(1)
    expect(inFile[0]).toStartWith(
      'config.yaml:7:9: tenants.acme.clients.app.jwks_file names the file jwks.json, whose keys[0].d is part of a private key',
    )
    expect(inFile.join()).not.toContain(d)
  })
})

describe('what is no JWK Set', () => {
  test.each(['7', 'text', '[]', '{}', '{ keys: [] }', '{ keys: [{}] }', '{ keys: [null] }', '[[[]]]'])(
    'is refused: %s',
    async (value) => {
      const faults = await faultsOf(lines(method, `jwks: ${value}`))
      expect(faults).toHaveLength(1)
      expect(faults[0]).toContain('tenants.acme.clients.app.jwks')
    },
  )

  test('is refused in a file: missing, empty, no JSON, a folder', async () => {
    await withTempFolder(async (folder) => {
      await Bun.write(join(folder, 'empty'), '')
      await Bun.write(join(folder, 'text'), 'hello')
      for (const file of ['missing', 'empty', 'text', '.']) {
        const faults = await faultsOf(lines(method, `jwks_file: ${file}`), { folder })
        expect(faults).toHaveLength(1)
        expect(faults[0]).toContain(`names the file ${file}, wh`)
      }
    })
  })

  test('is told once beside an unknown method', async () => {
    const faults = await faultsOf(
      lines('token_endpoint_auth_method: nobody', `jwks: ${inline}`, 'secret: own-secret-1'),
    )
    expect(faults).toEqual([
      'config.yaml:6:37: tenants.acme.clients.app.token_endpoint_auth_method is "nobody", wanted one of client_secret_basic client_secret_post private_key_jwt none',
    ])
  })
})
