import { afterAll, beforeAll, expect, test } from 'bun:test'
import { parseConfig } from '../../src/config/load.ts'
import { platform } from '../support/test-app.ts'
import { type Managed, startManaged } from './management-kit.ts'

let managed: Managed
beforeAll(async () => {
  managed = await startManaged()
})
afterAll(() => managed.close())

const rotate = (client: string, ...more: string[]) =>
  managed.grantd(['secret', 'rotate', '--tenant', 'acme', '--client', client, ...more])
const tokenStatus = async (client_id: string, client_secret: string) =>
  (await managed.app.post('acme', { grant_type: 'client_credentials', client_id, client_secret })).status

test('a stored client has the new secret at once, and the old one for a day', async () => {
  const added = JSON.parse(
    (await managed.grantd(['client', 'add', '--tenant', 'acme', '--client', 'stored', '--json'])).out,
  )
  const { code, out, err } = await rotate('stored')
  const [secret = ''] = out.match(/gds_\w{49}/) ?? []
  expect([code, err]).toEqual([0, ''])
  expect(out).toBe(
    [
      'Secret, shown this once: give it to the client',
      `  ${secret}`,
      `The secret ${added.secret_id} ends at 2030-01-02T00:00:00Z`,
      'grantd client show --tenant acme --client "stored" tells when each was used last',
      '',
    ].join('\n'),
  )
  expect([await tokenStatus('stored', added.secret), await tokenStatus('stored', secret)]).toEqual([200, 200])
  const third = JSON.parse((await rotate('stored', '--overlap', '0', '--json')).out)
  expect([await tokenStatus('stored', secret), await tokenStatus('stored', third.secret)]).toEqual([401, 200])
})

test('of a client of config.yaml it prints the YAML to paste, which is good and holds no secret', async () => {
  const { code, out, err } = await rotate('plain', '--overlap', '1h')
  const [secret = ''] = out.match(/gds_\w{49}/) ?? []
  const hashOf = (text: string) => `sha256:${platform.hashing.sha256(text).toHex()}`
  const [, id = ''] = /- \{ id: "([0-9a-f]{8})"/.exec(out) ?? []
  expect([code, err]).toEqual([0, ''])
  expect(out).toBe(
    [
      'Secret, shown this once: give it to the client once the server has the YAML',
      `  ${secret}`,
      'To paste in place of the secret of "plain" in config.yaml; then restart or reload the server:',
      '        secrets:',
      `          - { id: "default", hash: "${hashOf('plain-secret-value')}", expires_at: "2030-01-01T01:00:00Z" }`,
      `          - { id: "${id}", hash: "${hashOf(secret)}" }`,
      '',
    ].join('\n'),
  )
  const yaml = out.slice(out.indexOf('        secrets:'))
  const text = `tenants:\n  acme:\n    name: A\n    oauth2: {}\n    clients:\n      plain:\n${yaml}`
  const { config } = await parseConfig({ file: 'c', text, folder: '.' }, platform)
  expect(config.tenants['acme']?.clients['plain']?.secrets?.map((each) => each.id)).toEqual(['default', id])
})

test('of a list it keeps what has not ended, and no end moves away', async () => {
  const { secrets } = JSON.parse((await rotate('two', '--json')).out)
  expect(secrets).toEqual([
    { id: 'soon', hash: `sha256:${'b'.repeat(64)}`, expires_at: '2030-01-01T00:00:10Z' },
    {
      id: 'long',
      hash: `sha256:${'c'.repeat(64)}`,
      not_before: '2029-01-01T00:00:00.000Z'.replace('.000', ''),
      expires_at: '2030-01-02T00:00:00Z',
    },
    { id: expect.stringMatching(/^[0-9a-f]{8}$/), hash: expect.stringMatching(/^sha256:/) },
  ])
})

test.each<[string[], number, string]>([
  [['secret', 'turn'], 2, 'secret wants no word, or rotate'],
  [['secret', 'rotate', '--client', 'plain'], 2, 'secret rotate wants --tenant ID'],
  [['secret', 'rotate', '--tenant', 'acme'], 2, 'secret rotate wants --client ID'],
  [
    ['secret', 'rotate', '--tenant', 'acme', '--client', 'plain', '--overlap', 'soon'],
    2,
    "--overlap is 'soon', wanted a duration such as 30m 24h 7d, 365d at most",
  ],
  [
    ['secret', 'rotate', '--tenant', 'acme', '--client', 'nobody'],
    1,
    "The tenant 'acme' has no client 'nobody'; grantd client list --tenant acme names them",
  ],
  [
    ['secret', 'rotate', '--tenant', 'nowhere', '--client', 'x'],
    1,
    "There is no tenant 'nowhere'; grantd tenant list names them",
  ],
  [
    ['secret', 'rotate', '--tenant', '__proto__', '--client', 'x'],
    1,
    "There is no tenant '__proto__'; grantd tenant list names them",
  ],
])('%j is refused', async (args, wanted, sentence) => {
  const { code, err } = await managed.grantd(args)
  expect([code, err.split('\n')[0]]).toEqual([wanted, `grantd: ${sentence}`])
})

test('without a word it makes a secret for config.yaml, as ever', async () => {
  const own = await import('../../src/commands/secret/secret-command.ts')
  expect(own.secretCommand.choices).toEqual(['rotate'])
  const { out } = await managed.grantd(['secret', '--client', 'x', '--json'])
  const { client_id, secret, secret_hash } = JSON.parse(out)
  expect([client_id, secret_hash]).toEqual(['x', `sha256:${platform.hashing.sha256(secret).toHex()}`])
})
