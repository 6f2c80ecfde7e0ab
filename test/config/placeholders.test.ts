import { expect, test } from 'bun:test'
import { clientWith, faultsOf, secretFrom, tenantWith } from '../support/config-text.ts'

const form = `\${...}`
const unfilled = `has ${form} in it, which grantd does not fill in; write the value itself`
const tenant = 'tenants: { a: { name: A } }'

const places: readonly [what: string, text: string, fault: string][] = [
  ['the name of a tenant', `tenants: { a: { name: "\${NAME}" } }`, `1:23: tenants.a.name ${unfilled}`],
  [
    'the path of public_url',
    `server: { public_url: "https://x.example/\${P}" }\n${tenant}`,
    `1:23: server.public_url ${unfilled}`,
  ],
  ['an issuer', tenantWith(`issuer: "https://x.example/\${P}"`), `4:13: tenants.acme.issuer ${unfilled}`],
  [
    'an audience',
    tenantWith(`oauth2: { audience: ["\${AUD}"] }`),
    `4:26: tenants.acme.oauth2.audience[0] ${unfilled}`,
  ],
  ['a scope', clientWith(`scopes: ["\${S}"]`), `8:18: tenants.acme.clients.app.scopes[0] ${unfilled}`],
  [
    'a resource',
    clientWith(`resources: ["https://x/\${R}"]`),
    `8:21: tenants.acme.clients.app.resources[0] ${unfilled}`,
  ],
  ['data_dir', `data_dir: "\${HOME}/data"\n${tenant}`, `1:11: data_dir ${unfilled}`],
  [
    'data_dir by the shell',
    `data_dir: $HOME/data\n${tenant}`,
    `1:11: data_dir ${unfilled.replace(form, '$NAME')}`,
  ],
  ['a template', `data_dir: "{{ data }}"\n${tenant}`, `1:11: data_dir ${unfilled.replace(form, '{{...}}')}`],
  [
    'the id of a client',
    `tenants: { a: { name: A, clients: { "\${ID}": { secret: own-secret-1 } } } }`,
    `1:37: tenants.a.clients has a key with ${form}, which grantd does not fill in; write the key itself`,
  ],
]
test.each(places)('a placeholder in %s is refused', async (_what, text, fault) => {
  expect(await faultsOf(text)).toContain(`config.yaml:${fault}`)
})

const path =
  'is malformed, wanted a path: ~ is not filled in, and no white space or line end stands around it'
const variable = 'is malformed, wanted the name of an environment variable, such as APP_SECRET'
const host = (text: string) =>
  `is "${text}", wanted an address or a host name without a port, such as 127.0.0.1 or ::1`

const forms: readonly [text: string, fault: string][] = [
  [`data_dir: ~/data\n${tenant}`, `1:11: data_dir ${path}`],
  [`data_dir: "./data "\n${tenant}`, `1:11: data_dir ${path}`],
  [`data_dir: |\n  ./data\n${tenant}`, `1:11: data_dir ${path}`],
  [`master_key_file: "key\\0"\n${tenant}`, `1:18: master_key_file ${path}`],
  [
    tenantWith(
      'signing: { private_key_file: "-----BEGIN PRIVATE KEY-----\\nMC4\\n-----END PRIVATE KEY-----" }',
    ),
    `4:34: tenants.acme.signing.private_key_file ${path}`,
  ],
  [
    `master_key_file: >-\n  -----BEGIN PRIVATE KEY-----\n  MC4\n  -----END PRIVATE KEY-----\n${tenant}`,
    `1:18: master_key_file ${path}`,
  ],
  [secretFrom(`secret_file: gds_${'a'.repeat(49)}`), `6:22: tenants.acme.clients.app.secret_file ${path}`],
  [secretFrom('secret_env: $APP'), `6:21: tenants.acme.clients.app.secret_env ${variable}`],
  [secretFrom('secret_env: own secret'), `6:21: tenants.acme.clients.app.secret_env ${variable}`],
  [secretFrom('secrets: [{ id: a, env: a=b }]'), `6:33: tenants.acme.clients.app.secrets[0].env ${variable}`],
  [`server: { host: "0" }\n${tenant}`, `1:17: server.host ${host('0')}`],
  [`server: { host: "*" }\n${tenant}`, `1:17: server.host ${host('*')}`],
  [`server: { host: " " }\n${tenant}`, `1:17: server.host ${host(' ')}`],
  [`server: { host: "http://x" }\n${tenant}`, `1:17: server.host ${host('http://x')}`],
  [`server: { host: "localhost:3000" }\n${tenant}`, `1:17: server.host ${host('localhost:3000')}`],
  [`server: { metrics: { host: "127.1" } }\n${tenant}`, `1:28: server.metrics.host ${host('127.1')}`],
]
test.each(forms)('%j is refused, and what may be a secret is not quoted', async (text, fault) => {
  expect(await faultsOf(text)).toEqual([`config.yaml:${fault}`])
})

test.each([
  'data_dir: /srv/my data/$x/100%',
  'server: { host: localhost }',
  'server: { host: 0.0.0.0 }',
  'server: { host: "::" }',
  'server: { host: "fe80::1%eth0" }',
  'server: { host: my_host-1.example.com. }',
])('%j is taken', async (line) => {
  expect(await faultsOf(`${line}\n${tenant}`)).toEqual([])
})
