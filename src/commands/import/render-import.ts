import { renderCount } from '../../cli/render-count.ts'
import type { LeftOut } from '../../import/import-plan.ts'
import { printable } from '../../printable.ts'
import type { ImportedTenant } from './import-tenant.ts'

/** Lines that are printed of one kind; the JSON has all of them. */
const mostLines = 200

/** What an import did or would do, for people. */
export function renderImport(imported: readonly ImportedTenant[], isApplied: boolean): string {
  const lines = imported.flatMap((each) => renderTenant(each, isApplied))
  const end = isApplied ? [] : ['Nothing is changed yet: repeat the command with --apply']
  return `${[...lines, ...end].map(printable).join('\n')}\n`
}

const secrets: Readonly<Record<string, string>> = {
  kept: 'with its secret',
  weak: 'with its secret, which is easy to guess; make another one with grantd secret rotate',
  missing: 'without a secret',
  none: 'needs no secret',
}

function renderTenant(
  { tenant, isNew, clients, existingClients, people, leftOut }: ImportedTenant,
  isApplied: boolean,
): string[] {
  const makes = isApplied ? 'made' : 'would make'
  const { created, existing, withoutPassword } = people
  const some = (names: readonly string[]) =>
    names.length > mostLines
      ? [...names.slice(0, mostLines), `  and ${names.length - mostLines} more, which --json names`]
      : names
  return [
    isNew ? `${makes} the tenant '${tenant}'` : `the tenant '${tenant}' is there already and stays as it is`,
    ...some(
      clients.map(
        ({ id, grants, secret }) => `  ${makes} client '${id}': ${grants.join(' ')}; ${secrets[secret]}`,
      ),
    ),
    ...some(existingClients.map((id) => `  client '${id}' is there already and stays as it is`)),
    `  ${makes} ${renderCount(created, 'person', 'people')}, ${withoutPassword} of them without a password; ${existing} are there already`,
    ...some(leftOut.filter(({ isExpected }) => !isExpected).map(renderLeftOut)),
    ...some(
      leftOut
        .filter(({ isExpected }) => isExpected)
        .map((each) => `  ${renderLeftOut(each).trim()} (as it should be)`),
    ),
  ]
}

function renderLeftOut({ what, why }: LeftOut): string {
  return `  left out: ${what}: ${why}`
}
