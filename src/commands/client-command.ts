import { type Command, exitCodes } from '../cli/command.ts'
import { getAction } from '../cli/get-action.ts'
import {
  clientOption,
  getOption,
  jsonOption,
  parseJsonObject,
  parseScopes,
  scopesOption,
  storageOptions,
  tenantOption,
} from '../cli/options.ts'
import { stylesFor } from '../cli/style.ts'
import { viewClient, viewSecrets } from '../clients/client-view.ts'
import { clientIdOf as idOfListed, type ListedClient, listClients } from '../clients/listed-clients.ts'
import { shell } from '../management/actor.ts'
import { changeClient } from '../management/change-client.ts'
import { readNothing } from '../management/client-change.ts'
import { ownerOf } from '../management/client-owner.ts'
import { createClient } from '../management/create-client.ts'
import { deleteClient } from '../management/delete-client.ts'
import {
  explainRefusal,
  getClient,
  getTenant,
  type Management,
  withManagement,
} from '../offline/with-management.ts'
import { type ListPage, writeList } from '../offline/write-list.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { printable } from '../printable.ts'
import type { Tenant } from '../tenants/tenant.ts'

/** What an action works with. */
interface Asked {
  readonly management: Management
  readonly tenant: Tenant
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

export const clientCommand: Command = {
  name: 'client',
  group: 'Manage',
  summary: 'List, add and remove clients that are not in config.yaml',
  words: Object.keys(actions).join('|'),
  mostWords: 1,
  choices: Object.keys(actions),
  options: [
    ...storageOptions,
    tenantOption('the tenant; required'),
    clientOption('the client; required but for list'),
    { name: 'name', value: 'NAME', description: 'add: a name for people; default: the client id' },
    scopesOption('add: the scopes that it may ask for; default: none'),
    {
      name: 'claims',
      value: 'JSON',
      description: 'add: static claims of its tokens, such as {"plan":"gold"}',
    },
    { name: 'introspect', description: 'add: it may introspect every token of the tenant' },
    jsonOption,
  ],
  details:
    'list      names the clients of a tenant, those of config.yaml too\nadd       makes one and prints its secret, once\nshow      prints one, and when each of its secrets was used last\nremove    deletes one; its tokens and its API keys are revoked\nenable, disable  switch one on and off; its tokens with it\nA running server goes by it at once.',
  example: 'grantd client add --tenant acme --client billing --scopes api:read,api:write',
  run,
}

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  const action = getAction('client', args.positionals[0], actions)
  const tenantId = getOption('tenant', { args, command: 'client' })
  if (action !== list) getOption('client', { args, command: 'client' })
  return withManagement(args, platform, async (management) =>
    action({ management, tenant: await getTenant(tenantId, management), args, platform }),
  )
}

function clientIdOf({ args }: Asked): string {
  return args.text('client') ?? ''
}

function list({ management, tenant, args, platform }: Asked): Promise<number> {
  const owner = ownerOf(tenant, management)
  const readPage = (page: ListPage) => listClients(page, owner, management.storage)
  return writeList({ readPage, idOf: idOfListed, view: viewClient, render: renderLine }, args, platform)
}

function renderLine(listed: ListedClient): string {
  const { client_id, active, source, scopes } = viewClient(listed)
  const from = source === 'config' ? 'config.yaml' : 'stored'
  return `${client_id}  ${active ? 'active' : 'inactive'}  ${from}  ${scopes.join(' ')}`.trimEnd()
}

async function add(asked: Asked): Promise<number> {
  const { management, tenant, args, platform } = asked
  const id = clientIdOf(asked)
  const scopes = parseScopes(args.text('scopes')) ?? []
  const name = args.text('name')
  const claims = parseJsonObject('claims', args)
  const patch = {
    scopes,
    introspect: args.isSet('introspect'),
    ...(name !== undefined && { name }),
    ...(claims && { claims }),
  }
  const known = Object.keys(tenant.oauth2?.scopes ?? {})
  const tried = `Cannot add the client '${id}' to the tenant '${tenant.id}', whose scopes are [${known.join(', ')}]`
  const { secret, secretId } = await explainRefusal(tried, () =>
    createClient({ id, patch, actor: shell, read: readNothing }, tenant, management),
  )
  const { bold } = stylesFor(platform)
  const text = [
    `Added the client '${id}' to the tenant '${tenant.id}'`,
    `${bold('Secret')}, shown this once: give it to the client`,
    `  ${secret}`,
    '',
  ].join('\n')
  const json = { client_id: id, secret, secret_id: secretId }
  platform.writeOut(args.isSet('json') ? `${JSON.stringify(json)}\n` : text)
  return exitCodes.ok
}

async function show(asked: Asked): Promise<number> {
  const { management, tenant, args, platform } = asked
  const { storage, now } = management
  const found = await getAskedClient(asked)
  const secrets = await viewSecrets(found, { tenantId: tenant.id, storage, now: now() })
  const shown = viewClient(found)
  if (args.isSet('json')) {
    platform.writeOut(`${JSON.stringify({ ...shown, secrets })}\n`)
    return exitCodes.ok
  }
  const settings = Object.entries(shown).map(([name, value]) => `${name}: ${renderValue(value)}`)
  const lines = secrets.map(({ id, valid, expires_at, last_used }) =>
    [
      `secret ${id}`,
      valid ? 'valid' : 'not valid',
      expires_at === null ? 'does not expire' : `until ${expires_at}`,
      last_used === null ? 'not used yet' : `last used ${last_used}`,
    ].join('  '),
  )
  platform.writeOut(`${[...settings, ...lines].map(printable).join('\n')}\n`)
  return exitCodes.ok
}

function renderValue(value: unknown): string {
  const text = Array.isArray(value)
    ? value.join(' ')
    : typeof value === 'object' && value !== null
      ? JSON.stringify(value)
      : String(value ?? '')
  return text === '' || text === '{}' ? '-' : text
}

function getAskedClient(asked: Asked): Promise<ListedClient> {
  return getClient(clientIdOf(asked), asked.tenant, asked.management)
}

async function remove(asked: Asked): Promise<number> {
  const { management, tenant } = asked
  const { client } = await getAskedClient(asked)
  const tried = `Cannot remove the client '${client.id}' of the tenant '${tenant.id}'`
  await explainRefusal(tried, () =>
    deleteClient({ id: client.id, checkCurrent: () => {}, actor: shell }, tenant, management),
  )
  return report(asked, `The client '${client.id}' is gone, and its tokens and API keys are revoked`)
}

async function setActive(asked: Asked, active: boolean): Promise<number> {
  const { management, tenant } = asked
  const { client } = await getAskedClient(asked)
  const tried = `Cannot change the client '${client.id}' of the tenant '${tenant.id}'`
  const change = { id: client.id, patch: { active }, checkCurrent: () => {} }
  await explainRefusal(tried, () =>
    changeClient({ ...change, actor: shell, read: readNothing }, tenant, management),
  )
  return report(asked, `The client '${client.id}' is ${active ? 'active' : 'inactive'} now`)
}

function report(asked: Asked, text: string): number {
  const { args, platform } = asked
  platform.writeOut(
    args.isSet('json') ? `${JSON.stringify({ client_id: clientIdOf(asked) })}\n` : `${text}\n`,
  )
  return exitCodes.ok
}
