import { exitCodes } from '../../cli/command.ts'
import { readForeignFile } from '../../cli/foreign-file.ts'
import { shell } from '../../management/actor.ts'
import { type ImportOutcome, importPeople } from '../../management/people/import-people.ts'
import { explainRefusal } from '../../offline/with-management.ts'
import { UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { type FilePerson, readPeopleFile } from '../../users/import/people-file.ts'
import type { AskedTenant } from './asked-user.ts'

/** Makes the people of a file: JSON lines, or an export of Keycloak. Fails when a person of the file is wrong; the others are made. */
export async function importUsers({ management, tenant, args, platform }: AskedTenant): Promise<number> {
  const [, file] = args.positionals
  if (!file) throw new UsageError('user import wants FILE, or - for standard input')
  const people = await readPeople(file, platform)
  const tried = `Cannot import people into the tenant '${tenant.id}'`
  const outcome = await explainRefusal(tried, () =>
    importPeople({ people, actor: shell }, tenant, management),
  )
  platform.writeOut(args.isSet('json') ? `${JSON.stringify(outcome)}\n` : render(outcome))
  return outcome.faults.length > 0 ? exitCodes.failed : exitCodes.ok
}

async function readPeople(file: string, platform: Platform): Promise<FilePerson[]> {
  const text = await readForeignFile({ file, failure: 'Cannot read the people in' }, platform)
  if (text === undefined) throw new UsageError('user import - wants people on standard input')
  return readPeopleFile(text)
}

/** Faults that are printed; the JSON has all of them. */
const mostFaults = 20

function render({ created, existing, withoutPassword, faults }: ImportOutcome): string {
  const more = faults.length - mostFaults
  return [
    `Imported ${created}; ${existing} were there already and stay as they are`,
    ...(withoutPassword > 0
      ? [`${withoutPassword} without a password: grantd user reset makes a link for each of them`]
      : []),
    ...faults.slice(0, mostFaults).map(({ number, message }) => `Left out number ${number}: ${message}`),
    ...(more > 0 ? [`and ${more} more, which --json names`] : []),
    '',
  ].join('\n')
}
