import { expect, test } from 'bun:test'
import { readNamedFile } from '../../src/config/rules/named-file.ts'
import { FileError } from '../../src/platform/files.ts'
import { faultsOf } from '../support/config-text.ts'

const client = (setting: string) =>
  `tenants: { a: { name: A, oauth2: {}, clients: { app: { ${setting} } } } }`
const person =
  'tenants: { a: { name: A, oidc: {}, users: { jo: { email: jo@a.example, password_file: x } } } }'
const tenants = 'tenants: { a: { name: A } }'
const postgres = 'storage: postgres://u@db.example/d'

test.each([
  [client('secret_file: x'), '1:56', 'tenants.a.clients.app.secret_file'],
  [client('secrets: [{ id: b, file: x }]'), '1:75', 'tenants.a.clients.app.secrets[0].file'],
  [
    client('token_endpoint_auth_method: private_key_jwt, jwks_file: x'),
    '1:101',
    'tenants.a.clients.app.jwks_file',
  ],
  [person, '1:72', 'tenants.a.users.jo.password_file'],
  [
    'tenants: { a: { name: A, oidc: { sign_in: { logo_file: x } } } }',
    '1:45',
    'tenants.a.oidc.sign_in.logo_file',
  ],
  [`server: { tls: { cert_file: x, key_file: y } }\n${tenants}`, '1:18', 'server.tls.cert_file'],
  [`postgres: { password_file: x }\n${postgres}\n${tenants}`, '1:13', 'postgres.password_file'],
  [`postgres: { ca_file: x }\n${postgres}\n${tenants}`, '1:13', 'postgres.ca_file'],
  [`include: [x]\n${tenants}`, '1:11', 'include[0]'],
])(
  'a setting whose file is missing is told with place, path and next step: %#',
  async (text, place, name) => {
    expect(await faultsOf(text, { folder: '/nowhere' })).toEqual([
      `config.yaml:${place}: ${name} names the file x, which cannot be read at /nowhere/x: ENOENT; there is no such file or folder; check the path`,
    ])
  },
)

const faultOf = (file: string, code: string, inKubernetes = false) =>
  readNamedFile(file, {
    limit: 10,
    resolve: (path) => (path.startsWith('/') ? path : `/etc/grantd/${path}`),
    files: { inKubernetes, readSmall: (path) => Promise.reject(new FileError('read', path, code)) },
  })

test.each([
  [
    'x',
    'EACCES',
    ' at /etc/grantd/x: EACCES; give this user access to it, or run this as the user of the server',
  ],
  ['/x', 'EACCES', ': EACCES; give this user access to it, or run this as the user of the server'],
  ['/x', 'it is not a file', ': it is not a file; name another file'],
  ['/x', 'EIO', ': EIO; look whether the disk is broken'],
  ['/x', 'ENXIO', ': ENXIO; name another file'],
])('the next step fits what the system says: %s, %s', async (file, code, rest) => {
  expect(await faultOf(file, code)).toEqual({ fault: `cannot be read${rest}` })
})

test('in Kubernetes the next step of a file that may not be read is what to set in the Pod', async () => {
  expect(await faultOf('/x', 'EACCES', true)).toEqual({
    fault:
      'cannot be read: EACCES; give its Secret volume defaultMode: 0440 and the Pod an fsGroup, or set runAsUser to its owner',
  })
})
