import { exitCodes } from '../../cli/command.ts'
import { stylesFor } from '../../cli/style.ts'
import { peekJwt } from '../../keys/jwt.ts'
import { type Management, withManagement } from '../../offline/with-management.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { printable } from '../../printable.ts'
import { type ExplainDeps, explainToken } from '../../tokens/explain/explain-token.ts'
import type { ExplainedStep, TokenExplanation } from '../../tokens/explain/token-explanation.ts'
import { VerifiedTokens } from '../../tokens/verified-tokens.ts'
import { askAdmin, unexpected } from './asked-admin.ts'

/** Explains the token on standard input. Returns `failed` for one that the server refuses. */
export async function explainTokenOf(args: ParsedArguments, platform: Platform): Promise<number> {
  const text = (await platform.readInput())?.trim()
  if (!text) throw new UsageError('explain --token - wants the token on standard input')
  const url = args.text('url')
  const asked = { text, tenant: args.text('tenant') }
  if (url !== undefined) return write(await askServer(url, asked, platform), args, platform)
  return withManagement(args, platform, async (management) =>
    write(await explainHere(asked, management, platform), args, platform),
  )
}

interface Asked {
  readonly text: string
  readonly tenant: string | undefined
}

async function askServer(
  url: string,
  { text, tenant }: Asked,
  platform: Platform,
): Promise<Readonly<Record<string, unknown>>> {
  const body = { token: text, ...(tenant !== undefined && { tenant }) }
  const answer = await askAdmin(url, { path: '/tokens/explain', body, platform })
  if (answer.status !== 200 || !Array.isArray(answer.body['steps'])) throw unexpected(answer)
  return answer.body
}

async function explainHere(
  { text, tenant: id }: Asked,
  management: Management,
  platform: Platform,
): Promise<TokenExplanation> {
  const { tenants } = management
  const said = peekJwt(text)
  const issuer = said && (await tenants.findByIssuer(said.issuer))
  const keyring = await management.openKeyring()
  // A tenant without a key has signed no token. Opening its keys would make the first one.
  if (issuer && (await keyring.report(issuer.id, { withPrivate: false })).keys.length === 0)
    return withoutKeys(issuer.id)
  const deps: ExplainDeps = {
    ...{ ...management, keyring },
    verifiedTokens: new VerifiedTokens(),
    expiryCutoff: () => 0,
    now: platform.now,
  }
  const tenant = id === undefined ? undefined : await tenants.findAny(id)
  return explainToken(text, { tenant, tenantId: undefined }, deps)
}

function withoutKeys(tenant: string): TokenExplanation {
  const saw = 'a tenant that has no key yet, so it has issued no token'
  const step = { step: 'key', result: 'fail', saw, wanted: 'the data folder of the server' } as const
  return { kind: 'unknown', accepted: false, tenant, steps: [step] }
}

function write(
  explained: TokenExplanation | Readonly<Record<string, unknown>>,
  args: ParsedArguments,
  platform: Platform,
): number {
  platform.writeOut(args.isSet('json') ? `${JSON.stringify(explained)}\n` : render(explained, platform))
  return explained['accepted'] === true ? exitCodes.ok : exitCodes.failed
}

function renderStep(
  { step, result, saw, wanted }: Partial<ExplainedStep>,
  bold: (text: string) => string,
): string {
  const mark = result === 'pass' ? 'ok' : 'FAILED'
  const facts = [saw, wanted && `wanted: ${wanted}`].filter(Boolean).join('; ')
  const text = printable(`  ${mark.padEnd(6)}  ${String(step).padEnd(18)}  ${facts}`.trimEnd())
  return result === 'pass' ? text : bold(text)
}

/** The answer may be of a server that is not trusted. */
function render(explained: Readonly<Record<string, unknown>> | TokenExplanation, platform: Platform): string {
  const { green, red, bold } = stylesFor(platform)
  const { accepted, kind, tenant, steps } = explained
  const of = typeof tenant === 'string' ? ` of the tenant '${printable(tenant)}'` : ''
  const what = printable(String(kind).replaceAll('_', ' '))
  const head = accepted === true ? green('accepted') : red('refused')
  const all: readonly Partial<ExplainedStep>[] = Array.isArray(steps) ? steps : []
  const lines = all.filter(({ result }) => result !== 'unknown').map((step) => renderStep(step, bold))
  const unknown = all.filter(({ result }) => result === 'unknown').map(({ step }) => String(step))
  if (unknown.length > 0) lines.push(printable(`  -       depend on what failed: ${unknown.join(', ')}`))
  return `${head}: ${what}${of}\n${lines.map((line) => `${line}\n`).join('')}`
}
