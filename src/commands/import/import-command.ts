import { type Command, CommandError, exitCodes } from '../../cli/command.ts'
import { readForeignFile } from '../../cli/foreign-file.ts'
import { getOption, issuerPortOption, jsonOption, storageOptions, tenantOption } from '../../cli/options.ts'
import { parseForeignYaml } from '../../config/yaml/foreign-yaml.ts'
import { ImportError, type PlannedTenant } from '../../import/import-plan.ts'
import { type ForeignServer, foreignServers, readExport } from '../../import/read-export.ts'
import { type Management, withManagement } from '../../offline/with-management.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { tenantIdPattern } from '../../protocol/names.ts'
import { type ImportedTenant, importTenant } from './import-tenant.ts'
import { renderImport } from './render-import.ts'

export const importCommand: Command = {
  name: 'import',
  group: 'Manage',
  summary: 'Take clients and people over from Keycloak, Hydra or Auth0; says first what would come',
  words: 'FILE',
  mostWords: 1,
  options: [
    ...storageOptions,
    issuerPortOption,
    { name: 'from', value: 'SERVER', description: `${foreignServers.join(', ')}; required` },
    tenantOption('the tenant to make or to fill; default: the name of the realm'),
    { name: 'apply', description: 'do it; without it, only what would be done is printed' },
    jsonOption,
  ],
  details:
    'FILE is an export of a realm of Keycloak, the clients of Hydra, or a tenant, clients or users of Auth0; - is\nstandard input. What is there already stays as it is, so an import may be repeated. Ends with 1 when something\nis left out that somebody has to look at.',
  example: 'grantd import --from keycloak realm.json',
  run,
}

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  const [file] = args.positionals
  if (file === undefined) throw new UsageError('import wants FILE, an export of the other server')
  const from = parseServer(getOption('from', { args, command: 'import' }))
  const planned = nameTenants(await readPlans(file, from, platform), args.text('tenant'))
  const isApplied = args.isSet('apply')
  return withManagement(args, platform, async (management) => {
    const imported = await importAll(planned, { isApplied, management, platform })
    if (args.isSet('json'))
      platform.writeOut(`${JSON.stringify({ applied: isApplied, tenants: imported })}\n`)
    else platform.writeOut(renderImport(imported, isApplied))
    const isWhole = imported.every(({ leftOut }) => leftOut.every(({ isExpected }) => isExpected))
    return isWhole ? exitCodes.ok : exitCodes.failed
  })
}

function parseServer(text: string): ForeignServer {
  const found = foreignServers.find((name) => name === text)
  if (found) return found
  throw new UsageError(`--from is '${text}', wanted one of ${foreignServers.join(', ')}`)
}

async function readPlans(file: string, from: ForeignServer, platform: Platform): Promise<PlannedTenant[]> {
  const text = (await readForeignFile({ file, failure: 'Cannot read the export in' }, platform)) ?? ''
  try {
    return readExport(text, { from, hashing: platform.hashing, parseOther: parseForeignYaml })
  } catch (cause) {
    if (!(cause instanceof ImportError)) throw cause
    throw new CommandError(`Cannot import ${file} from ${from}: ${cause.message}`, { cause })
  }
}

type NamedTenant = PlannedTenant & { readonly id: string }

function nameTenants(planned: readonly PlannedTenant[], wanted: string | undefined): NamedTenant[] {
  if (wanted !== undefined && planned.length > 1)
    throw new UsageError(`The file has ${planned.length} realms, and --tenant names one tenant; leave it out`)
  return planned.map((tenant) => {
    const id = wanted ?? tenant.id
    if (id === undefined) throw new UsageError('import wants --tenant, because the file names no tenant')
    if (!tenantIdPattern.test(id))
      throw new UsageError(
        `The tenant '${id}' has a name that no tenant can have here; choose one with --tenant`,
      )
    return { ...tenant, id, patch: { name: id, ...tenant.patch } }
  })
}

interface ImportAllOptions {
  readonly isApplied: boolean
  readonly management: Management
  readonly platform: Platform
}

/** One tenant after the other. If one fails, those before it are done, and a repeated import goes on. */
async function importAll(
  planned: readonly NamedTenant[],
  { isApplied, management, platform }: ImportAllOptions,
): Promise<ImportedTenant[]> {
  const imported: ImportedTenant[] = []
  for (const tenant of planned) {
    try {
      imported.push(await importTenant(tenant, { isApplied, management }))
    } catch (cause) {
      if (isApplied && imported.length > 0) platform.writeError(renderImport(imported, isApplied))
      throw cause
    }
  }
  return imported
}
