import { describe, expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { renderFault } from '../../src/config/fault.ts'
import { findSecretDoubt, findSecretFault } from '../../src/config/rules/secret-faults.ts'
import { faultsOf, parse, secretFrom } from '../support/config-text.ts'
import { withTempFolder } from '../support/temp-folder.ts'

const app = 'tenants.acme.clients.app'
const lineEnd = 'ends with a line end; cut it off (printf %s writes none)'
const control = 'has a control character in it, such as a line end or a tab; take it out'
const invisible = 'has an invisible character in it, such as a byte order mark; take it out'
const hashed = 'is a hash, wanted the secret itself; a hash goes into secret_hash'
const nothing = 'is a word for nothing: what should have filled it in had no value'
const elsewhere = 'names a place where a secret is kept, and grantd does not fetch it; give the value itself'
const angle = 'is a placeholder between < and >; write the value itself'
const unfilled = (form: string) =>
  `has ${form} in it, which grantd does not fill in; give the value itself, or name a variable that has it`

const faults: readonly [text: string, fault: string][] = [
  [`\${SVC_SECRET}`, unfilled(`\${...}`)],
  [`prefix-\${SVC_SECRET:-none}-suffix`, unfilled(`\${...}`)],
  ['$SVC_SECRET', unfilled('$NAME')],
  ['$(SVC_SECRET)', unfilled('$(...)')],
  ['%SVC_SECRET%', unfilled('%NAME%')],
  ['{{ .Values.secret }}', unfilled('{{...}}')],
  ["<%= ENV['SECRET'] %>", unfilled('<%...%>')],
  ['#{Secret}#', unfilled('#{...}')],
  ['<your secret>', angle],
  ['undefined', nothing],
  ['null', nothing],
  ['None', nothing],
  ['[object Object]', nothing],
  ['vault:secret/data/app#key', elsewhere],
  ['op://vault/item/field', elsewhere],
  ['arn:aws:secretsmanager:eu-west-1:1:secret:app', elsewhere],
  ['ENC[AES256_GCM,data:x]', elsewhere],
  ['s3cret-value\n', lineEnd],
  ['s3cret-value\r\n', lineEnd],
  ['s3cret\nvalue', control],
  ['s3cret\tvalue', control],
  ['s3cret\0value', control],
  ['s3cret\x7f', control],
  ['\ufeffs3cret-value', invisible],
  ['s3cret\u200bvalue', invisible],
  ['s3cret\ufffd', 'has characters that are not UTF-8; write it anew'],
  ['s3cret\ud800', 'has characters that are not UTF-8; write it anew'],
  ['  ', 'is white space alone'],
  [`sha256:${'a'.repeat(64)}`, hashed],
  [`SHA256:${'A'.repeat(64)}`, hashed],
  ['$argon2id$v=19$m=65536,t=2,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2g', hashed],
  [`$2b$10$${'a'.repeat(53)}`, hashed],
  ['$6$salt$hash', hashed],
]
test.each(faults)('the secret %j cannot be what was meant', (text, fault) => {
  expect(findSecretFault(text)).toBe(fault)
})

const white = 'begins or ends with white space, which belongs to the secret'
const quoted = 'begins and ends with a quote, and both belong to the secret'
const beyond = 'has characters beyond ASCII, which clients send in several ways (RFC 6749 appendix A.2)'
test.each([
  [' s3cret-value', white],
  ['s3cret-value ', white],
  ['"s3cret-value"', quoted],
  ["'s3cret-value'", quoted],
  ['s3crét-value', beyond],
])('the secret %j is a warning', (text, doubt) => {
  expect([findSecretFault(text), findSecretDoubt(text)]).toEqual([undefined, doubt])
})

test.each([
  ...[
    'own-secret-1',
    '$ecret-Value',
    '$ecretvalue',
    'a$b{c}',
    '{"a":1}',
    '100%',
    '%41%',
    'a<b>c',
    'p@ss:w/rd+=&',
  ],
  ...[
    'a b',
    '$',
    '${',
    '}',
    '${open',
    'xy'.repeat(100),
    'nullable',
    'sha256:short',
    '$2b$',
    'vault',
    '"',
    "it's",
  ],
])('the secret %j may be meant', (text) => {
  expect([findSecretFault(text), findSecretDoubt(text)]).toEqual([undefined, undefined])
})

describe('wherever a secret comes from, its fault is told with its place, and it is not quoted', () => {
  test('the text of the file', async () => {
    expect(await faultsOf(secretFrom(`secret: "\${SVC_SECRET}"`))).toEqual([
      `config.yaml:6:9: ${app}.secret ${unfilled(`\${...}`)}`,
    ])
    expect(await faultsOf(secretFrom('secret: |\n          block-secret-1\n'))).toEqual([
      `config.yaml:6:9: ${app}.secret ${lineEnd}`,
    ])
    expect(await faultsOf(secretFrom('secret: |-\n          block-secret-1\n'))).toEqual([])
  })

  test('the environment', async () => {
    const fault = async (APP: string, line = 'secret_env: APP') =>
      faultsOf(secretFrom(line), { environment: { APP } })
    expect(await fault('env-secret-1\n')).toEqual([
      `config.yaml:6:9: ${app}.secret_env names the environment variable APP, which ${lineEnd}`,
    ])
    expect(await fault(`sha256:${'a'.repeat(64)}`, 'secrets: [{ id: a, env: APP }]')).toEqual([
      `config.yaml:6:28: ${app}.secrets[0].env names the environment variable APP, which ${hashed}`,
    ])
  })

  test.each([
    ['file-secret-1\n\n', lineEnd],
    ['file-secret-1\r\n\n', lineEnd],
    ['file-secret-1\r', lineEnd],
    ['file\nsecret-1\n', control],
    ['\ufeff\ufefffile-secret-1', invisible],
    ['{{ secret }}\n', unfilled('{{...}}')],
  ])('a file with %j', (content, told) =>
    withTempFolder(async (folder) => {
      await writeFile(join(folder, 'app.secret'), content)
      expect(await faultsOf(secretFrom('secret_file: app.secret'), { folder })).toEqual([
        `config.yaml:6:9: ${app}.secret_file names the file app.secret, which ${told}`,
      ])
    }),
  )

  test('a file of UTF-16', () =>
    withTempFolder(async (folder) => {
      const told = async (bytes: Buffer) => {
        await writeFile(join(folder, 'app.secret'), bytes)
        return faultsOf(secretFrom('secret_file: app.secret'), { folder })
      }
      const [marked] = await told(
        Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('secret', 'utf16le')]),
      )
      expect(marked).toEndWith('which is not UTF-8; write it anew')
      const [plain] = await told(Buffer.from('secret', 'utf16le'))
      expect(plain).toEndWith(control)
    }))

  test('a doubt is a warning with the name of what holds the secret', async () => {
    const { warnings } = await parse(secretFrom('secret_env: APP'), { environment: { APP: 'changeme' } })
    expect(warnings.map(renderFault)).toEqual([
      `config.yaml:6:9: ${app}.secret_env names the environment variable APP, which is a known example, so anybody can use this client; make one of your own`,
    ])
  })
})

test.each([
  'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  'sha256:01BA4719C80B6FE911B091A7C05124B64EEECE964E09C058EF8F9805DACA546B',
])('the hash %s is refused, because nothing was hashed', async (hash) => {
  const fault = 'is the hash of an empty text or of a line end; hash the secret itself'
  expect(await faultsOf(secretFrom(`secret_hash: ${hash}`))).toEqual([
    `config.yaml:6:9: ${app}.secret_hash ${fault}`,
  ])
  expect(await faultsOf(secretFrom(`secrets: [{ id: a, hash: "${hash}" }]`))).toEqual([
    `config.yaml:6:28: ${app}.secrets[0].hash ${fault}`,
  ])
})
