import { type Command, exitCodes } from '../../cli/command.ts'
import { type Actions, getAction } from '../../cli/get-action.ts'
import {
  getOption,
  issuerPortOption,
  jsonOption,
  optionsOf,
  storageOptions,
  tenantOption,
} from '../../cli/options.ts'
import { shell } from '../../management/actor.ts'
import { changePerson } from '../../management/people/change-person.ts'
import { deletePerson } from '../../management/people/delete-person.ts'
import { signOutPerson } from '../../management/people/sign-out-person.ts'
import { explainRefusal, getTenant, withManagement } from '../../offline/with-management.ts'
import { type ListPage, writeList } from '../../offline/write-list.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { type ListedPerson, listPeople, subOfListed } from '../../users/listed-people.ts'
import { viewPerson } from '../../users/person-view.ts'
import { type AskedTenant, getAskedPerson, nameOf } from './asked-user.ts'
import { addUser, resetUser } from './user-add.ts'
import { hashPassword } from './user-hash.ts'
import { importUsers } from './user-import.ts'
import { showSessions, showUser } from './user-show.ts'

type Action = (args: ParsedArguments, platform: Platform) => Promise<number>

const actions: Actions<Action> = {
  list: withTenant(list),
  add: withTenant(addUser),
  show: withTenant(showUser),
  disable: withTenant((asked) => setActive(asked, false)),
  enable: withTenant((asked) => setActive(asked, true)),
  reset: withTenant(resetUser),
  sessions: withTenant(showSessions),
  'sign-out': withTenant(signOut),
  delete: withTenant(remove),
  import: withTenant(importUsers),
  // This action needs no tenant and no storage.
  hash: hashPassword,
}

const words = Object.keys(actions)
/** The words that are about one person who is there. */
const wordsOfOne = words.filter((word) => !['list', 'add', 'import', 'hash'].includes(word))

export const userCommand: Command = {
  name: 'user',
  group: 'Manage',
  summary: 'Add, list, disable and delete people who sign in',
  words: `${words.join('|')} [FILE]`,
  mostWords: 1,
  choices: words,
  longChoices: ['import'],
  options: [
    ...optionsOf(
      words.filter((word) => word !== 'hash'),
      [...storageOptions, issuerPortOption, tenantOption('the tenant; required')],
    ),
    ...optionsOf(
      ['add', ...wordsOfOne],
      [{ name: 'email', value: 'ADDRESS', description: 'the person; add: required' }],
    ),
    ...optionsOf(wordsOfOne, [
      { name: 'user', value: 'ID', description: 'the person, by e-mail address, sub, or key in config.yaml' },
    ]),
    ...optionsOf(
      ['add'],
      [
        { name: 'name', value: 'NAME', description: 'the full name' },
        { name: 'groups', value: 'A,B', description: 'the groups' },
        { name: 'email-verified', description: 'the address is known to be that of the person' },
      ],
    ),
    jsonOption,
  ],
  details:
    'list      names the people of a tenant, those of config.yaml too\nadd       makes a person, and prints a link to choose a password: good once, for a day\nshow      prints one\nreset     prints a new link to choose a password, which ends an older one\nsessions  prints where the person is signed in\nsign-out  ends all sessions and tokens of the person\ndisable, enable  switch a person off and on; what the person got ends with disabling\ndelete    deletes a person\nimport    makes the people of FILE, with their hashes: JSON lines, or an export of Keycloak\nhash      prints the hash of the password on standard input, for config.yaml\nA running server goes by it at once. No option takes a password.',
  example: 'grantd user add --tenant main --email ada@example.com',
  run,
}

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  return getAction('user', args.positionals[0], actions)(args, platform)
}

function withTenant(work: (asked: AskedTenant) => Promise<number>): Action {
  return async (args, platform) => {
    const tenantId = getOption('tenant', { args, command: 'user' })
    return withManagement(args, platform, async (management) =>
      work({ management, tenant: await getTenant(tenantId, management), args, platform }),
    )
  }
}

function list({ management, tenant, args, platform }: AskedTenant): Promise<number> {
  const owner = { tenant, people: management.people.of(tenant) }
  const readPage = (page: ListPage) => listPeople(page, owner, management.storage)
  const view = (each: ListedPerson) => viewPerson(each, management.now())
  return writeList({ readPage, idOf: subOfListed, view, render: renderLine }, args, platform)
}

function renderLine({ person, row }: ListedPerson): string {
  const { sub, email, name, active } = person
  const from = row ? 'stored' : 'config.yaml'
  return `${sub}  ${active ? 'active' : 'inactive'}  ${from}  ${email ?? '-'}  ${name ?? ''}`.trimEnd()
}

async function setActive(asked: AskedTenant, active: boolean): Promise<number> {
  const { management, tenant } = asked
  const found = await getAskedPerson(asked)
  const change = { sub: found.person.sub, patch: { active }, checkCurrent: () => {}, actor: shell }
  await explainRefusal(`Cannot change '${nameOf(found)}'`, () => changePerson(change, tenant, management))
  return report(asked, found, active ? 'is active now' : 'is inactive now, and signed out everywhere')
}

async function signOut(asked: AskedTenant): Promise<number> {
  const found = await getAskedPerson(asked)
  await signOutPerson({ sub: found.person.sub, actor: shell }, asked.tenant, asked.management)
  return report(asked, found, 'is signed out everywhere')
}

async function remove(asked: AskedTenant): Promise<number> {
  const { management, tenant } = asked
  const found = await getAskedPerson(asked)
  const deletion = { sub: found.person.sub, checkCurrent: () => {}, actor: shell }
  await explainRefusal(`Cannot delete '${nameOf(found)}'`, () => deletePerson(deletion, tenant, management))
  return report(asked, found, 'is deleted, and signed out everywhere')
}

function report({ args, platform }: AskedTenant, found: ListedPerson, text: string): number {
  const json = `${JSON.stringify({ sub: found.person.sub })}\n`
  platform.writeOut(args.isSet('json') ? json : `'${nameOf(found)}' ${text}\n`)
  return exitCodes.ok
}
