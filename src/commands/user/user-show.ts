import { exitCodes } from '../../cli/command.ts'
import { renderValue } from '../../cli/render-value.ts'
import { printable } from '../../printable.ts'
import { listSessions } from '../../sessions/sessions.ts'
import { viewPerson } from '../../users/person-view.ts'
import { type AskedTenant, getAskedPerson } from './asked-user.ts'

/** Prints a person, without the hash of the password. */
export async function showUser(asked: AskedTenant): Promise<number> {
  const { management, args, platform } = asked
  const shown = viewPerson(await getAskedPerson(asked), management.now())
  const lines = Object.entries(shown).map(([name, value]) => `${name}: ${renderValue(value)}`)
  const text = lines.map(printable).join('\n')
  platform.writeOut(`${args.isSet('json') ? JSON.stringify(shown) : text}\n`)
  return exitCodes.ok
}

/** Prints the browsers in which a person is signed in. */
export async function showSessions(asked: AskedTenant): Promise<number> {
  const { management, tenant, args, platform } = asked
  const { person } = await getAskedPerson(asked)
  const sessions = await listSessions(tenant, person.sub, management)
  const shown = sessions.map(({ sid, createdAt, lastSeenAt, clients, userAgent }) => ({
    sid,
    created_at: new Date(createdAt).toISOString(),
    last_seen_at: new Date(lastSeenAt).toISOString(),
    clients,
    user_agent: userAgent,
  }))
  const lines = shown.map(
    ({ sid, created_at, last_seen_at, user_agent }) =>
      `${sid}  since ${created_at}  last used ${last_seen_at}  ${user_agent ?? ''}`,
  )
  const text = lines.map((line) => `${printable(line.trimEnd())}\n`).join('')
  platform.writeOut(args.isSet('json') ? `${JSON.stringify(shown)}\n` : text)
  return exitCodes.ok
}
