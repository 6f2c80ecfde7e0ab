import { planKeys } from '../compose.ts'
import { loadConfig } from '../config/load.ts'
import { findKey, type KeyPlan, type OpenedKey, openKey } from '../keys/key-file.ts'
import { type ParsedArguments, UsageError } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { type Command, CommandError, exitCodes } from './command.ts'
import { getConfigPath, withDataDir } from './find-config.ts'
import { type InspectedKey, inspectKeys } from './inspect-keys.ts'
import { configOption, dataDirOption, jsonOption, settingOf } from './options.ts'

type Action = (plans: readonly KeyPlan[], args: ParsedArguments, platform: Platform) => Promise<number>

const actions: Readonly<Record<string, Action>> = { list, generate, export: exportPublic }

export const keysCommand: Command = {
  name: 'keys',
  group: 'Configure',
  summary: 'List, make or export the signing keys',
  words: 'list|generate|export',
  mostWords: 1,
  choices: Object.keys(actions),
  options: [
    configOption,
    dataDirOption,
    { name: 'tenant', value: 'ID', description: 'this tenant alone; default: every tenant' },
    { name: 'public', description: 'with export: the public keys, which are all that can be exported' },
    jsonOption,
  ],
  details:
    'list      says which key each tenant has, and what is wrong with it\ngenerate  makes the keys that are missing, as the server would at its start\nexport    prints the JWK Set of a tenant (RFC 7517)',
  example: 'grantd keys export --public --tenant acme > jwks.json',
  run,
}

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  const action = actions[args.positionals[0] ?? '']
  if (!action) throw new UsageError(`keys wants one of ${Object.keys(actions).join(', ')}`)
  const path = await getConfigPath(args, platform)
  const loaded = withDataDir(
    await loadConfig(path, platform),
    settingOf(dataDirOption, args, platform),
    platform,
  )
  const tenant = args.text('tenant')
  const plans = planKeys(loaded, platform).filter(
    ({ tenantId }) => tenant === undefined || tenantId === tenant,
  )
  if (plans.length === 0) throw new CommandError(`${path} has no tenant ${tenant ?? ''}`.trimEnd())
  return action(plans, args, platform)
}

interface Row {
  readonly tenant: string
  readonly state: 'ok' | 'missing' | 'broken'
  readonly kid?: string
  readonly algorithm: string
  readonly file?: string | undefined
  readonly complaint?: string
}

async function list(plans: readonly KeyPlan[], args: ParsedArguments, platform: Platform): Promise<number> {
  const rows = (await inspectKeys(plans, platform.files)).map(describe)
  if (args.isSet('json')) platform.writeOut(`${JSON.stringify(rows)}\n`)
  else for (const row of rows) platform.writeOut(`${renderRow(row)}\n`)
  return rows.some(({ state }) => state === 'broken') ? exitCodes.config : exitCodes.ok
}

function describe({ plan, found, complaint }: InspectedKey): Row {
  const { tenantId: tenant, algorithm } = plan
  if (complaint) return { tenant, state: 'broken', algorithm, complaint }
  if (!found) return { tenant, state: 'missing', algorithm }
  return { tenant, state: 'ok', kid: found.key.kid, algorithm, file: found.path }
}

function renderRow({ tenant, state, kid, algorithm, file, complaint }: Row): string {
  if (state === 'missing')
    return `${tenant}  missing  ${algorithm}  made at the first start, or by: grantd keys generate`
  return complaint
    ? `${tenant}  broken  ${algorithm}  ${complaint}`
    : `${tenant}  ok  ${algorithm}  ${kid}  ${file}`
}

async function generate(
  plans: readonly KeyPlan[],
  args: ParsedArguments,
  platform: Platform,
): Promise<number> {
  const opened: { tenant: string; kid: string; file: string | undefined; generated: boolean }[] = []
  for (const plan of plans) {
    const { key, path, generated }: OpenedKey = await openKey(plan, platform)
    opened.push({ tenant: plan.tenantId, kid: key.kid, file: path, generated })
  }
  if (args.isSet('json')) platform.writeOut(`${JSON.stringify(opened)}\n`)
  else {
    for (const { tenant, kid, file, generated } of opened) {
      platform.writeOut(`${tenant}  ${generated ? 'made' : 'kept'}  ${kid}  ${file}\n`)
    }
  }
  return exitCodes.ok
}

async function exportPublic(
  plans: readonly KeyPlan[],
  args: ParsedArguments,
  platform: Platform,
): Promise<number> {
  if (!args.isSet('public'))
    throw new UsageError('keys export wants --public: private keys are never printed')
  const [plan, ...more] = plans
  if (!plan || more.length > 0) throw new UsageError('keys export wants one tenant: name it with --tenant ID')
  const found = await findKey(plan, platform.files)
  if (!found) {
    throw new CommandError(`The tenant '${plan.tenantId}' has no key yet; make it with: grantd keys generate`)
  }
  platform.writeOut(`${JSON.stringify({ keys: [found.key.jwk] }, null, 2)}\n`)
  return exitCodes.ok
}
