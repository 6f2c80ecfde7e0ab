import { expect, test } from 'bun:test'
import { programs, run, startServer, withFolder, writeConfig } from '../support/spawn-server.ts'
import { findBlocks, readDocument, root, wordOf } from './document.ts'

const secret = 'a-secret-of-verifying'

const later = `
const Now = Date
globalThis.Date = class extends Now {
  constructor(...given) {
    if (given.length > 0) super(...given)
    else super(Now.now() + 60_000)
  }
  static now() {
    return Now.now() + 60_000
  }
}`

test('the Node program of docs/verifying-tokens.md takes a good token and refuses every other', () =>
  withFolder(async (folder) => {
    const client = (more: string) => `{ secret: ${secret}, scopes: [api:read]${more} }`
    const oauth2 = '{ audience: [my-api], scopes: { api:read: R } }'
    const clients = `{ good: ${client('')}, short: ${client(', access_token_ttl: 1s')}, elsewhere: ${client(', audience: [other-api]')} }`
    const other = `{ name: Other, oauth2: ${oauth2}, clients: { good: ${client('')} } }`
    await writeConfig(
      folder,
      `tenants:\n  main: { name: Main, oauth2: ${oauth2}, clients: ${clients} }\n  other: ${other}\n`,
    )
    const server = await startServer(programs.executable, { folder })
    const block = findBlocks(await readDocument('docs/verifying-tokens.md')).find(
      (candidate) => wordOf(candidate, 'file') === 'verify.mjs',
    )
    await Bun.write(`${folder}/verify.mjs`, (block?.text ?? '').replace('http://localhost:3000', server.url))
    await Bun.$`ln -s ${root}/node_modules ${folder}/node_modules`
    const tokenOf = async (tenant: string, id: string) => {
      const args = ['token', '--url', server.url, '--tenant', tenant, '--client-id', id]
      return (await run(programs.executable, { folder, args, stdin: secret })).out.trim()
    }
    const verify = (token: string) => run(['node', 'verify.mjs'], { folder, stdin: token })
    const short = await tokenOf('main', 'short')
    const good = await tokenOf('main', 'good')
    expect(await verify(good)).toEqual({ code: 0, out: '{"client":"good","scopes":["api:read"]}\n', err: '' })
    const refused = [
      [await tokenOf('main', 'elsewhere'), 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
      [await tokenOf('other', 'good'), 'ERR_JWKS_NO_MATCHING_KEY'],
      [`${good.slice(0, -8)}AAAAAAAA`, 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
      ['nonsense', 'ERR_JWS_INVALID'],
    ] as const
    for (const [token, reason] of refused) {
      expect(await verify(token)).toEqual({ code: 1, out: '', err: `refused: ${reason}\n` })
    }
    // A second of life and five of leeway: the clock of the program is a minute ahead.
    await Bun.write(`${folder}/later.mjs`, later)
    const verifyLater = (token: string) =>
      run(['node', '--import', './later.mjs', 'verify.mjs'], { folder, stdin: token })
    expect(await verifyLater(short)).toEqual({ code: 1, out: '', err: 'refused: ERR_JWT_EXPIRED\n' })
    expect(await server.stop()).toBe(0)
  }))
