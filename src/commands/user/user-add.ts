import { exitCodes } from '../../cli/command.ts'
import { getOption, parseList } from '../../cli/options.ts'
import { shellWord } from '../../cli/shell-word.ts'
import { stylesFor } from '../../cli/style.ts'
import { shell } from '../../management/actor.ts'
import { createPerson } from '../../management/people/create-person.ts'
import type { OpenedLink } from '../../management/people/open-link.ts'
import { resetPerson } from '../../management/people/reset-person.ts'
import { explainRefusal } from '../../offline/with-management.ts'
import { printable } from '../../printable.ts'
import { type AskedTenant, getAskedPerson, nameOf } from './asked-user.ts'

/** Makes a person, and prints the link on which the person chooses a password. */
export async function addUser(asked: AskedTenant): Promise<number> {
  const { management, tenant, args, platform } = asked
  const email = getOption('email', { args, command: 'user add' })
  const name = args.text('name')
  const groups = parseList(args.text('groups'))
  const patch = {
    email,
    ...(name !== undefined && { name }),
    ...(groups && { groups }),
    ...(args.isSet('email-verified') && { email_verified: true }),
  }
  const tried = `Cannot add '${email}' to the tenant '${tenant.id}'`
  const named = `--tenant ${tenant.id} --email ${shellWord(email)}`
  const { row, link } = await explainRefusal(
    tried,
    () => createPerson({ person: { patch }, actor: shell }, tenant, management),
    `grantd user show ${named} shows the person, and grantd user reset ${named} makes a new link to choose a password`,
  )
  if (args.isSet('json'))
    platform.writeOut(`${JSON.stringify({ sub: row.id, email, ...renderJson(link) })}\n`)
  else
    platform.writeOut(`Added '${printable(email)}' to the tenant '${tenant.id}'\n${renderText(link, asked)}`)
  return exitCodes.ok
}

/** Prints a new link for a person. */
export async function resetUser(asked: AskedTenant): Promise<number> {
  const { management, tenant, args, platform } = asked
  const found = await getAskedPerson(asked)
  const { sub } = found.person
  const tried = `Cannot reset the password of '${nameOf(found)}'`
  const link = await explainRefusal(tried, () => resetPerson({ sub, actor: shell }, tenant, management))
  if (args.isSet('json')) platform.writeOut(`${JSON.stringify({ sub, ...renderJson(link) })}\n`)
  else platform.writeOut(renderText(link, asked))
  return exitCodes.ok
}

function renderJson(link: OpenedLink | undefined) {
  return link && { link: link.url, link_expires_at: new Date(link.expiresAt).toISOString() }
}

function renderText(link: OpenedLink | undefined, { tenant, platform }: AskedTenant): string {
  const { bold } = stylesFor(platform)
  const lines = link
    ? [
        `${bold('Link')} to choose a password, good once and for a day: send it to the person`,
        `  ${link.url}`,
      ]
    : []
  const hint =
    tenant.oidc === null
      ? [`The tenant '${tenant.id}' has no oidc yet: nobody signs in until it has (docs/users.md)`]
      : []
  return [...lines, ...hint, ''].join('\n')
}
