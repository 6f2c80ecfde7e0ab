import { type Command, exitCodes } from '../../cli/command.ts'
import { getAction } from '../../cli/get-action.ts'
import { jsonOption, optionsOf, storageOptions, tenantOption } from '../../cli/options.ts'
import type { KeyReport, ReportedKey } from '../../keys/key-report.ts'
import { inspectKeys } from '../../offline/inspect-keys.ts'
import { type OpenedKeyring, withKeyring, withKeyringToRead } from '../../offline/with-keyring.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { exportKeys, exportOptions } from './keys-export.ts'
import { planRotation } from './keys-plan.ts'
import { rotateKeys } from './keys-rotate.ts'
import { writeEach } from './write-each.ts'

interface Action {
  /** Whether it only reads. */
  readonly reads: boolean
  readonly run: (opened: OpenedKeyring, args: ParsedArguments, platform: Platform) => Promise<number>
}

const actions: Readonly<Record<string, Action>> = {
  list: { reads: true, run: list },
  plan: { reads: true, run: planRotation },
  generate: { reads: false, run: generate },
  rotate: { reads: false, run: rotateKeys },
  export: { reads: true, run: exportKeys },
}

export const keysCommand: Command = {
  name: 'keys',
  group: 'Configure',
  summary: 'List, make, rotate or export the signing keys',
  words: Object.keys(actions).join('|'),
  mostWords: 1,
  choices: Object.keys(actions),
  options: [
    ...storageOptions,
    tenantOption('this tenant alone; default: every tenant'),
    ...optionsOf(
      ['rotate'],
      [
        { name: 'now', description: 'the new key signs at once' },
        { name: 'force', description: 'with --now, even if the key signs for less than a minute' },
        {
          name: 'drop-old',
          description: 'with --now, old keys leave the JWK Set; what they signed is refused',
        },
      ],
    ),
    ...optionsOf(['export'], exportOptions),
    jsonOption,
  ],
  details:
    'list      says which keys each tenant has, and what is wrong with them\nplan      says when which key signs, and what comes next\ngenerate  makes the keys that are missing, as the server would at its start\nrotate    makes the next key, which the server lets sign once every verifier can know it;\n          --now does not wait: verifiers that keep the JWK Set refuse new tokens until they ask again\nexport    prints the JWK Set of a tenant (RFC 7517), or its public keys as PEM',
  example: 'grantd keys export --public --tenant acme > jwks.json',
  run,
}

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  const action = getAction('keys', args.positionals[0], actions)
  const open = action.reads ? withKeyringToRead : withKeyring
  return open(args, platform, (opened) => action.run(opened, args, platform))
}

interface Row {
  readonly tenant: string
  readonly state: 'ok' | 'missing' | 'broken'
  readonly use?: ReportedKey['state']
  readonly kid?: string
  readonly algorithm: string
  readonly file?: string | undefined
  readonly complaint?: string
}

async function list(
  { keyring, tenantIds }: OpenedKeyring,
  args: ParsedArguments,
  platform: Platform,
): Promise<number> {
  const rows = (await inspectKeys(tenantIds, keyring)).flatMap(describe)
  if (args.isSet('json')) platform.writeOut(`${JSON.stringify(rows)}\n`)
  else for (const row of rows) platform.writeOut(`${renderRow(row)}\n`)
  return rows.some(({ state }) => state === 'broken') ? exitCodes.config : exitCodes.ok
}

function describe(report: KeyReport): Row[] {
  const { tenantId: tenant, algorithm } = report.plan
  if (report.complaint !== undefined)
    return [{ tenant, state: 'broken', algorithm, complaint: report.complaint }]
  if (report.keys.length === 0) return [{ tenant, state: 'missing', algorithm }]
  return report.keys.map(({ kid, state: use, algorithm, path, complaint }) => ({
    tenant,
    state: complaint === undefined ? 'ok' : 'broken',
    use,
    kid,
    algorithm,
    file: path,
    ...(complaint !== undefined && { complaint }),
  }))
}

function renderRow({ tenant, state, use, kid, algorithm, file, complaint }: Row): string {
  if (state === 'missing')
    return `${tenant}  missing  ${algorithm}  made at the first start, or by: grantd keys generate`
  const facts = complaint === undefined ? [kid, use, file] : [complaint]
  return [tenant, state, algorithm, ...facts.filter((fact) => fact !== undefined)].join('  ')
}

async function generate(
  { keyring, tenantIds, opened }: OpenedKeyring,
  args: ParsedArguments,
  platform: Platform,
): Promise<number> {
  const generateOne = async (tenant: string): Promise<Generated> => {
    const { active } = await keyring.of(tenant)
    const { path, generated = false } = opened.get(tenant) ?? {}
    return { tenant, kid: active.kid, file: path, generated }
  }
  await writeEach(tenantIds, { work: generateOne, render: renderGenerated, args, platform })
  return exitCodes.ok
}

interface Generated {
  readonly tenant: string
  readonly kid: string
  readonly file: string | undefined
  readonly generated: boolean
}

function renderGenerated({ tenant, kid, file, generated }: Generated): string {
  return `${tenant}  ${generated ? 'made' : 'kept'}  ${kid}  ${file ?? 'in the database'}`
}
