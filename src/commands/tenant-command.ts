import { type Command, CommandError, exitCodes } from '../cli/command.ts'
import { getAction } from '../cli/get-action.ts'
import {
  getOption,
  issuerPortOption,
  jsonOption,
  optionsOf,
  parseList,
  parseScopes,
  scopesOption,
  storageOptions,
  tenantOption,
} from '../cli/options.ts'
import { shellWord } from '../cli/shell-word.ts'
import { shell } from '../management/actor.ts'
import { changeTenant } from '../management/change-tenant.ts'
import { createTenant } from '../management/create-tenant.ts'
import { deleteTenant } from '../management/delete-tenant.ts'
import { explainRefusal, type Management, withManagement } from '../offline/with-management.ts'
import { type ListPage, writeList } from '../offline/write-list.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { printable } from '../printable.ts'
import { findTenant, type ListedTenant, listTenants, tenantIdOf } from '../tenants/stored-tenants.ts'
import { buildStoredTenant } from '../tenants/tenant.ts'
import { viewTenant } from '../tenants/tenant-view.ts'

interface Asked {
  readonly management: Management
  /** Empty for list. */
  readonly id: string
  readonly args: ParsedArguments
  readonly platform: Platform
}

const actions: Readonly<Record<string, (asked: Asked) => Promise<number>>> = {
  list,
  add,
  show,
  remove,
  enable: (asked) => setActive(asked, true),
  disable: (asked) => setActive(asked, false),
}

const words = Object.keys(actions)

export const tenantCommand: Command = {
  name: 'tenant',
  group: 'Manage',
  summary: 'List, add and remove tenants that are not in config.yaml',
  words: words.join('|'),
  mostWords: 1,
  choices: words,
  options: [
    ...storageOptions,
    issuerPortOption,
    ...optionsOf(
      words.filter((word) => word !== 'list'),
      [tenantOption('the tenant; required')],
    ),
    ...optionsOf(
      ['add'],
      [
        { name: 'name', value: 'NAME', description: 'a name for people; default: the id' },
        { name: 'issuer', value: 'URL', description: 'the iss claim; default: as in config.yaml' },
        { name: 'audience', value: 'A,B', description: 'the aud claim; default: the issuer' },
        scopesOption('the scopes that its API knows; default: none'),
        { name: 'oidc', description: 'people sign in' },
      ],
    ),
    jsonOption,
  ],
  details:
    'list      names the tenants, those of config.yaml too\nadd       makes one that issues tokens\nshow      prints one\nenable, disable  switch one on and off, with all its tokens\nremove    deletes an inactive one with its clients and keys; its audit trail stays\nA running server goes by it at once.',
  example: 'grantd tenant add --tenant acme --name Acme --audience acme-api --scopes api:read',
  run,
}

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  const action = getAction('tenant', args.positionals[0], actions)
  const id = action === list ? '' : getOption('tenant', { args, command: 'tenant' })
  return withManagement(args, platform, (management) => action({ management, id, args, platform }))
}

function list({ management, args, platform }: Asked): Promise<number> {
  const readPage = (page: ListPage) => listTenants(page, management)
  return writeList({ readPage, idOf: tenantIdOf, view: viewTenant, render: renderLine }, args, platform)
}

function renderLine(listed: ListedTenant): string {
  const { id, active, source, issuer } = viewTenant(listed)
  return `${id}  ${active ? 'active' : 'inactive'}  ${source === 'config' ? 'config.yaml' : 'stored'}  ${issuer}`
}

async function add({ management, id, args, platform }: Asked): Promise<number> {
  const scopes = parseScopes(args.text('scopes')) ?? []
  const audience = parseList(args.text('audience'))
  const issuer = args.text('issuer')
  const patch = {
    name: args.text('name') ?? id,
    ...(issuer !== undefined && { issuer }),
    oauth2: {
      scopes: Object.fromEntries(scopes.map((scope) => [scope, ''])),
      ...(audience && { audience }),
    },
    ...(args.isSet('oidc') && { oidc: {} }),
  }
  const row = await explainRefusal(
    `Cannot add the tenant '${id}'`,
    () => createTenant({ id, patch, actor: shell }, management),
    `grantd tenant show --tenant ${shellWord(id)} shows it`,
  )
  const tenant = buildStoredTenant(row.id, row.value, management.publicUrl)
  const text = `The tenant '${id}' issues tokens as ${tenant.issuer}; its first key is made at its first use\n`
  platform.writeOut(args.isSet('json') ? `${JSON.stringify(viewTenant({ tenant, row }))}\n` : text)
  return exitCodes.ok
}

async function show({ management, id, args, platform }: Asked): Promise<number> {
  const shown = viewTenant(await getListed(id, management))
  const lines = Object.entries(shown).map(([name, value]) => `${name}: ${renderValue(value)}`)
  platform.writeOut(
    args.isSet('json') ? `${JSON.stringify(shown)}\n` : `${lines.map(printable).join('\n')}\n`,
  )
  return exitCodes.ok
}

function renderValue(value: unknown): string {
  if (value === null) return '-'
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

async function getListed(id: string, management: Management): Promise<ListedTenant> {
  const found = await findTenant(id, management)
  if (found) return found
  throw new CommandError(`There is no tenant '${id}'; grantd tenant list names them`)
}

async function remove(asked: Asked): Promise<number> {
  const { management, id } = asked
  await getListed(id, management)
  await explainRefusal(`Cannot remove the tenant '${id}'`, () =>
    deleteTenant({ id, checkCurrent: () => {}, actor: shell }, management),
  )
  return report(asked, `The tenant '${id}' is gone; grantd audit list --tenant ${id} still tells what it did`)
}

async function setActive(asked: Asked, active: boolean): Promise<number> {
  const { management, id } = asked
  await getListed(id, management)
  await explainRefusal(`Cannot change the tenant '${id}'`, () =>
    changeTenant({ id, patch: { active }, checkCurrent: () => {}, actor: shell }, management),
  )
  return report(asked, `The tenant '${id}' is ${active ? 'active' : 'inactive'} now`)
}

function report({ args, platform, id }: Asked, text: string): number {
  platform.writeOut(args.isSet('json') ? `${JSON.stringify({ id })}\n` : `${text}\n`)
  return exitCodes.ok
}
