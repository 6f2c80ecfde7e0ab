import { expect, test } from 'bun:test'
import { faultsOf, parse } from '../support/config-text.ts'

const admin = (line: string) => `admin: ${line}\ntenants: { acme: { name: Acme }, beta: { name: Beta } }\n`

test('there is no admin API unless the file says so', async () => {
  expect((await parse('tenants: { acme: { name: Acme } }')).config.admin).toBeUndefined()
  expect((await parse(admin('{}'))).config.admin).toEqual({ tenant: null })
  expect((await parse(admin('{ tenant: beta }'))).config.admin).toEqual({ tenant: 'beta' })
})

test.each(['nowhere', 'Acme', 'constructor', 'toString'])(
  'a tenant %s that is not in the file is refused',
  async (tenant) => {
    expect(await faultsOf(admin(`{ tenant: ${tenant} }`))).toEqual([
      `config.yaml:1:10: admin.tenant is ${tenant}, which is not a tenant of this file`,
    ])
  },
)

test('a tenant of the file that is broken is told of for what is broken alone', async () => {
  expect(await faultsOf('admin: { tenant: acme }\ntenants: { acme: 5 }\n')).toEqual([
    'config.yaml:2:18: tenants.acme is a single value, wanted a map',
  ])
})

test('a tenant id that can be none is refused once', async () => {
  expect(await faultsOf(admin('{ tenant: "a b" }'))).toEqual([
    'config.yaml:1:18: admin.tenant is "a b", wanted 1 to 64 of A-Z a-z 0-9 . _ - and a letter or digit first',
  ])
})

test('an unknown key is refused', async () => {
  expect(await faultsOf(admin('{ token: x }'))).toEqual([
    'config.yaml:1:10: admin.token is not a known key; the known keys are tenant',
  ])
})
