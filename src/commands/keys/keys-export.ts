import { refuseBeside } from '../../cli/check-use.ts'
import { CommandError, exitCodes, type Option } from '../../cli/command.ts'
import type { ReportedKey } from '../../keys/key-report.ts'
import { renderPublicPem } from '../../keys/public-pem.ts'
import { complaintsOf } from '../../offline/inspect-keys.ts'
import type { OpenedKeyring } from '../../offline/with-keyring.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'

export const exportOptions: readonly Option[] = [
  { name: 'public', description: 'the public keys, which are all that can be exported' },
  {
    name: 'pem',
    description: 'as PEM, for programs that take no JWK Set; implies --public',
  },
  { name: 'kid', value: 'KID', description: 'this key alone' },
]

/** Prints all public keys of one tenant: active, next and retiring. */
export async function exportKeys(
  { keyring, tenantIds }: OpenedKeyring,
  args: ParsedArguments,
  platform: Platform,
): Promise<number> {
  if (!args.isSet('public') && !args.isSet('pem'))
    throw new UsageError('keys export wants --public or --pem: private keys are never printed')
  if (args.isSet('pem')) refuseBeside('--pem', ['json'], args)
  const [tenant, ...more] = tenantIds
  if (tenant === undefined || more.length > 0)
    throw new UsageError('keys export wants one tenant: name it with --tenant ID')
  const report = await keyring.report(tenant, { withPrivate: false })
  const [complaint] = complaintsOf(report)
  if (complaint !== undefined) throw new CommandError(complaint)
  if (report.keys.length === 0)
    throw new CommandError(`The tenant '${tenant}' has no key yet; make it with: grantd keys generate`)
  const keys = pickKeys(report.keys, { kid: args.text('kid'), tenant })
  platform.writeOut(args.isSet('pem') ? await renderPem(keys) : renderJwks(keys))
  return exitCodes.ok
}

function pickKeys(
  keys: readonly ReportedKey[],
  { kid, tenant }: { kid: string | undefined; tenant: string },
): readonly ReportedKey[] {
  const picked = kid === undefined ? keys : keys.filter((key) => key.kid === kid)
  if (picked.length > 0) return picked
  throw new CommandError(`The tenant '${tenant}' has no key '${kid}'; grantd keys list names them`)
}

function renderJwks(keys: readonly ReportedKey[]): string {
  return `${JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }, null, 2)}\n`
}

/** A comment line before each block says which key it is. Readers of PEM skip it (RFC 7468 section 2). */
async function renderPem(keys: readonly ReportedKey[]): Promise<string> {
  const blocks = await Promise.all(
    keys.map(
      async ({ kid, algorithm, state, jwk }) =>
        `# ${kid} ${algorithm} ${state}\n${await renderPublicPem(jwk)}`,
    ),
  )
  return blocks.join('')
}
