import { type Command, exitCodes } from '../../cli/command.ts'
import { type Actions, getAction } from '../../cli/get-action.ts'
import {
  clientOption,
  getOption,
  issuerPortOption,
  jsonOption,
  optionsOf,
  scopesOption,
  storageOptions,
  tenantOption,
} from '../../cli/options.ts'
import { renderValue } from '../../cli/render-value.ts'
import { viewClient, viewSecrets } from '../../clients/client-view.ts'
import { clientIdOf as idOfListed, type ListedClient, listClients } from '../../clients/listed-clients.ts'
import { shell } from '../../management/actor.ts'
import { changeClient } from '../../management/change-client.ts'
import { readNothing } from '../../management/client-change.ts'
import { ownerOf } from '../../management/client-owner.ts'
import { deleteClient } from '../../management/delete-client.ts'
import { explainRefusal, getClient, getTenant, withManagement } from '../../offline/with-management.ts'
import { type ListPage, writeList } from '../../offline/write-list.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { printable } from '../../printable.ts'
import type { AskedClient } from './asked-client.ts'
import { addClient, addOptions } from './client-add.ts'
import { keygenOptions, makeClientKey } from './client-keygen.ts'

type Action = (args: ParsedArguments, platform: Platform) => Promise<number>

const actions: Actions<Action> = {
  list: withTenant(list),
  add: withTenant(addClient),
  show: withTenant(show),
  remove: withTenant(remove),
  enable: withTenant((asked) => setActive(asked, true)),
  disable: withTenant((asked) => setActive(asked, false)),
  // This action needs no tenant, because it makes a key for a client that may not exist yet.
  keygen: makeClientKey,
}

const words = Object.keys(actions)

export const clientCommand: Command = {
  name: 'client',
  group: 'Manage',
  summary: 'List, add and remove clients that are not in config.yaml',
  words: words.join('|'),
  mostWords: 1,
  choices: words,
  options: [
    ...optionsOf(
      words.filter((word) => word !== 'keygen'),
      [...storageOptions, issuerPortOption, tenantOption('the tenant; required')],
    ),
    ...optionsOf(
      words.filter((word) => word !== 'list'),
      [clientOption('the client; required; keygen: default my-service')],
    ),
    ...optionsOf(['add', 'keygen'], [scopesOption('the scopes that it may ask for; default: none')]),
    ...optionsOf(['add'], addOptions),
    ...optionsOf(['keygen'], keygenOptions),
    jsonOption,
  ],
  details:
    'list      names the clients of a tenant, those of config.yaml too\nadd       makes one and prints its secret, once; with --app, what to paste into the library of an app\nshow      prints one, and when each of its secrets was used last\nremove    deletes one; its tokens and its API keys are revoked\nenable, disable  switch one on and off; its tokens with it\nkeygen    makes a key pair for private_key_jwt, and prints what to paste into config.yaml\nA running server goes by it at once; a change of config.yaml needs a restart or a reload.',
  example: 'grantd client add --tenant acme --client billing --scopes api:read,api:write',
  run,
}

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  return getAction('client', args.positionals[0], actions)(args, platform)
}

/** The action that does `work` with the tenant and, except the list, with the client that the options name. */
function withTenant(work: (asked: AskedClient) => Promise<number>): Action {
  return async (args, platform) => {
    const tenantId = getOption('tenant', { args, command: 'client' })
    const id = work === list ? '' : getOption('client', { args, command: 'client' })
    return withManagement(args, platform, async (management) =>
      work({ management, tenant: await getTenant(tenantId, management), args, platform, id }),
    )
  }
}

function list({ management, tenant, args, platform }: AskedClient): Promise<number> {
  const owner = ownerOf(tenant, management)
  const readPage = (page: ListPage) => listClients(page, owner, management.storage)
  return writeList({ readPage, idOf: idOfListed, view: viewClient, render: renderLine }, args, platform)
}

function renderLine(listed: ListedClient): string {
  const { client_id, active, source, scopes } = viewClient(listed)
  const from = source === 'config' ? 'config.yaml' : 'stored'
  return `${client_id}  ${active ? 'active' : 'inactive'}  ${from}  ${scopes.join(' ')}`.trimEnd()
}

async function show(asked: AskedClient): Promise<number> {
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

function getAskedClient(asked: AskedClient): Promise<ListedClient> {
  return getClient(asked.id, asked.tenant, asked.management)
}

async function remove(asked: AskedClient): Promise<number> {
  const { management, tenant } = asked
  const { client } = await getAskedClient(asked)
  const tried = `Cannot remove the client '${client.id}' of the tenant '${tenant.id}'`
  await explainRefusal(tried, () =>
    deleteClient({ id: client.id, checkCurrent: () => {}, actor: shell }, tenant, management),
  )
  return report(asked, `The client '${client.id}' is gone, and its tokens and API keys are revoked`)
}

async function setActive(asked: AskedClient, active: boolean): Promise<number> {
  const { management, tenant } = asked
  const { client } = await getAskedClient(asked)
  const tried = `Cannot change the client '${client.id}' of the tenant '${tenant.id}'`
  const change = { id: client.id, patch: { active }, checkCurrent: () => {} }
  await explainRefusal(tried, () =>
    changeClient({ ...change, actor: shell, read: readNothing }, tenant, management),
  )
  return report(asked, `The client '${client.id}' is ${active ? 'active' : 'inactive'} now`)
}

function report(asked: AskedClient, text: string): number {
  const { args, platform } = asked
  platform.writeOut(args.isSet('json') ? `${JSON.stringify({ client_id: asked.id })}\n` : `${text}\n`)
  return exitCodes.ok
}
