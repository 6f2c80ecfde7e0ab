import { type Command, CommandError, exitCodes } from '../../cli/command.ts'
import {
  clientOption,
  getOption,
  issuerPortOption,
  jsonOption,
  storageOptions,
  tenantOption,
} from '../../cli/options.ts'
import { formats } from '../../config/formats.ts'
import { shell } from '../../management/actor.ts'
import { revokeManyTokens } from '../../management/revoke/revoke-many-tokens.ts'
import { revokeOneToken } from '../../management/revoke/revoke-one-token.ts'
import { explainRefusal, getTenant, type Management, withManagement } from '../../offline/with-management.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { LastUse } from '../../storage/last-use.ts'
import type { Tenant } from '../../tenants/tenant.ts'
import { VerifiedTokens } from '../../tokens/verified-tokens.ts'
import { revokeIssuedBefore } from './revoke-issued-before.ts'

export const revokeCommand: Command = {
  name: 'revoke',
  group: 'Manage',
  summary: 'Revoke a token, those of a client, all of a tenant, or all from before a time',
  options: [
    ...storageOptions,
    issuerPortOption,
    tenantOption('the tenant; required but for --all-tenants'),
    { name: 'token-stdin', description: 'the token or the API key on standard input' },
    clientOption('every token of this client, API keys too'),
    { name: 'all', description: 'every token of the tenant, API keys too' },
    {
      name: 'before',
      value: 'TIME',
      description:
        'with --client and --all: what was issued by then, such as 2030-01-31T00:00:00Z; default: now',
    },
    {
      name: 'issued-before',
      value: 'TIME',
      description: 'everything from then or earlier: tokens, sessions, consents, links, API keys too',
    },
    { name: 'all-tenants', description: 'with --issued-before: at every tenant' },
    { name: 'keep-api-keys', description: 'with --issued-before: all but API keys' },
    jsonOption,
  ],
  details:
    'A running server goes by it at once, and every replica. An API that looks at the signature alone does not\nlearn of it until the token expires. A token is never an argument.',
  example: 'grantd revoke --tenant acme --token-stdin < token.txt',
  run,
}

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  const issuedBefore = args.text('issued-before')
  if (issuedBefore !== undefined) return endEverything(issuedBefore, args, platform)
  const [alone] = ['all-tenants', 'keep-api-keys'].filter((name) => args.isSet(name))
  if (alone !== undefined) throw new UsageError(`--${alone} goes with --issued-before`)
  const tenantId = getOption('tenant', { args, command: 'revoke' })
  const isToken = args.isSet('token-stdin')
  const clientId = args.text('client')
  const given = [isToken, clientId !== undefined, args.isSet('all')].filter(Boolean)
  if (given.length !== 1) throw new UsageError('revoke wants one of --token-stdin, --client and --all')
  if (isToken && args.text('before') !== undefined)
    throw new UsageError('--before goes with --client and --all')
  const before = parseTime('before', args.text('before'))
  const token = isToken ? await readToken(platform) : undefined
  return withManagement(args, platform, async (management) => {
    const tenant = await getTenant(tenantId, management)
    const done =
      token === undefined
        ? await revokeMany({ clientId, before }, tenant, management)
        : await revokeToken(token, { tenant, management, platform })
    const { text, json } = done
    platform.writeOut(args.isSet('json') ? `${JSON.stringify(json)}\n` : `${text}\n`)
    return exitCodes.ok
  })
}

function endEverything(time: string, args: ParsedArguments, platform: Platform): Promise<number> {
  const before = parseTime('issued-before', time) ?? 0
  const others = ['token-stdin', 'all'].filter((name) => args.isSet(name))
  const texts = ['client', 'before'].filter((name) => args.text(name) !== undefined)
  const [other] = [...others, ...texts]
  if (other !== undefined) throw new UsageError(`--issued-before and --${other} exclude each other`)
  const tenantId = args.text('tenant')
  if ((tenantId !== undefined) === args.isSet('all-tenants'))
    throw new UsageError('revoke --issued-before wants one of --tenant and --all-tenants')
  return withManagement(args, platform, (management) =>
    revokeIssuedBefore({ before, tenantId, args, platform }, management),
  )
}

function parseTime(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const { moment } = formats
  if (moment?.accepts(text)) return Date.parse(text)
  throw new UsageError(`--${name} is '${text}', wanted ${moment?.wanted}`)
}

async function readToken(platform: Platform): Promise<string> {
  const token = (await platform.readInput())?.trim()
  if (token) return token
  throw new UsageError('revoke --token-stdin wants the token on standard input')
}

/** The result, for people and for scripts. */
interface Done {
  readonly text: string
  readonly json: Readonly<Record<string, string>>
}

async function revokeMany(
  { clientId, before }: { clientId: string | undefined; before: number | undefined },
  tenant: Tenant,
  management: Management,
): Promise<Done> {
  const of = clientId === undefined ? `the tenant '${tenant.id}'` : `the client '${clientId}'`
  const { before: until, client } = await explainRefusal(`Cannot revoke the tokens of ${of}`, () =>
    revokeManyTokens({ clientId, before, actor: shell }, tenant.id, management),
  )
  const isGone = clientId !== undefined && client === undefined
  const text = `Every token of ${of} that was issued by ${until} is revoked${isGone ? '; there is no such client now' : ''}`
  return { text, json: { tenant: tenant.id, before: until } }
}

const revokedKinds = { token: 'token', api_key: 'API key', refresh_token: 'refresh token' } as const

async function revokeToken(
  token: string,
  { tenant, management, platform }: { tenant: Tenant; management: Management; platform: Platform },
): Promise<Done> {
  const keyring = await management.openKeyring()
  const report = await keyring.report(tenant.id, { withPrivate: false })
  // A tenant without a key has signed no token. Verifying would create its first key.
  if (report.keys.length === 0) {
    throw new CommandError(
      report.complaint ?? `The tenant '${tenant.id}' has no key yet, so it has issued no token`,
    )
  }
  const lastUse = new LastUse({
    storage: management.storage,
    after: platform.after,
    isThere: async () => true,
    onError: () => {},
  })
  const verifiedTokens = new VerifiedTokens()
  const deps = { ...management, keyring, lastUse, verifiedTokens, expiryCutoff: () => 0 }
  const { kind, id, clientId, detail } = await explainRefusal(`Cannot revoke the token`, () =>
    revokeOneToken({ token, actor: shell }, tenant, deps),
  )
  return {
    text: `The ${revokedKinds[kind]} ${id} of the client '${clientId}' is revoked`,
    json: { tenant: tenant.id, client_id: clientId, ...detail },
  }
}
