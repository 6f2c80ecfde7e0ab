import { CommandError, exitCodes, type Option } from '../../cli/command.ts'
import { getConfigPath } from '../../cli/find-config.ts'
import { getOption, storageOptions, tenantOption } from '../../cli/options.ts'
import { renderTime } from '../../cli/render-time.ts'
import { stylesFor } from '../../cli/style.ts'
import { onlySecretId } from '../../clients/client.ts'
import type { ClientConfig } from '../../config/client-schema.ts'
import { loadConfig } from '../../config/load.ts'
import { shell } from '../../management/actor.ts'
import { addClientSecret } from '../../management/add-client-secret.ts'
import { readNothing } from '../../management/client-change.ts'
import { explainRefusal, getClient, getTenant, withManagement } from '../../offline/with-management.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { printable } from '../../printable.ts'
import { isPublic, usesSecrets } from '../../protocol/client-authentication.ts'
import { parseDuration } from '../../protocol/duration.ts'
import { createSecret } from '../../secrets/create-secret.ts'

export const rotateOptions: readonly Option[] = [
  ...storageOptions,
  tenantOption('the tenant; required'),
  { name: 'overlap', value: 'TIME', description: 'how long the old secret works on; default 24h' },
]

/** Default overlap in seconds. */
const usualOverlap = 86_400
const longestOverlap = 365 * 86_400

/** Gives a client a new secret beside the old one, which ends after the overlap. */
export async function rotateSecret(args: ParsedArguments, platform: Platform): Promise<number> {
  const command = 'secret rotate'
  const tenantId = getOption('tenant', { args, command })
  const clientId = getOption('client', { args, command })
  const overlap = parseOverlap(args.text('overlap'))
  const { config } = await loadConfig(await getConfigPath(args, platform), platform)
  const tenants = new Map(Object.entries(config.tenants))
  const configured = new Map(Object.entries(tenants.get(tenantId)?.clients ?? {})).get(clientId)
  if (configured) checkHasSecret(configured, clientId)
  const rotation = { tenantId, clientId, overlap, args, platform }
  return configured ? printYaml(configured, rotation) : rotateStored(rotation)
}

function checkHasSecret({ token_endpoint_auth_method }: ClientConfig, clientId: string): void {
  if (usesSecrets(token_endpoint_auth_method)) return
  if (isPublic(token_endpoint_auth_method))
    throw new CommandError(`The client '${clientId}' is public and has no secret`)
  throw new CommandError(
    `The client '${clientId}' proves itself with private_key_jwt and has no secret; grantd client keygen makes a new key pair`,
  )
}

function parseOverlap(text: string | undefined): number {
  if (text === undefined) return usualOverlap
  const seconds = parseDuration(text)
  if (seconds !== undefined && seconds <= longestOverlap) return seconds
  throw new UsageError(`--overlap is '${text}', wanted a duration such as 30m 24h 7d, 365d at most`)
}

interface Rotation {
  readonly tenantId: string
  readonly clientId: string
  /** Seconds. */
  readonly overlap: number
  readonly args: ParsedArguments
  readonly platform: Platform
}

function rotateStored({ tenantId, clientId, overlap, args, platform }: Rotation): Promise<number> {
  return withManagement(args, platform, async (management) => {
    const tenant = await getTenant(tenantId, management)
    await getClient(clientId, tenant, management)
    const options = {
      id: clientId,
      secretId: undefined,
      expiresAt: null,
      oldEndIn: overlap * 1000,
      checkCurrent: () => {},
      actor: shell,
      read: readNothing,
    }
    const tried = `Cannot rotate the secret of the client '${clientId}' of the tenant '${tenantId}'`
    const { row, secret, secretId } = await explainRefusal(tried, () =>
      addClientSecret(options, tenant, management),
    )
    const { bold } = stylesFor(platform)
    const others = row.value.secrets.filter(({ id }) => id !== secretId)
    const text = [
      `${bold('Secret')}, shown this once: give it to the client`,
      `  ${secret}`,
      ...others.map(
        ({ id, expires_at }) => `The secret ${printable(id)} ends at ${renderTime(expires_at ?? 0)}`,
      ),
      `grantd client show --tenant ${tenantId} --client ${JSON.stringify(clientId)} tells when each was used last`,
      '',
    ].join('\n')
    const json = { client_id: clientId, secret, secret_id: secretId }
    platform.writeOut(args.isSet('json') ? `${JSON.stringify(json)}\n` : text)
    return exitCodes.ok
  })
}

/** Prints the YAML to paste, because grantd never writes config.yaml. */
async function printYaml(
  client: ClientConfig,
  { clientId, overlap, args, platform }: Rotation,
): Promise<number> {
  const now = platform.now()
  const { secret, hash } = createSecret(platform)
  const id = platform.randomBytes(4).toHex()
  const old = listSecrets(client).flatMap((each) => endBy(each, now + overlap * 1000, now))
  const entries = [...old, { id, hash, not_before: null, expires_at: null }]
  const json = { client_id: clientId, secret, secret_id: id, secrets: entries.map(withoutNulls) }
  const { bold } = stylesFor(platform)
  const text = [
    `${bold('Secret')}, shown this once: give it to the client once the server has the YAML`,
    `  ${secret}`,
    `${bold('To paste')} in place of the secret of ${JSON.stringify(clientId)} in config.yaml; then restart or reload the server:`,
    '        secrets:',
    ...entries.map((entry) => `          - ${renderEntry(entry)}`),
    '',
  ].join('\n')
  platform.writeOut(args.isSet('json') ? `${JSON.stringify(json)}\n` : text)
  return exitCodes.ok
}

interface SecretEntry {
  readonly id: string
  readonly hash: string
  readonly not_before: string | null
  readonly expires_at: string | null
}

function listSecrets({ secret_hash, secrets }: ClientConfig): SecretEntry[] {
  if (secret_hash !== null)
    return [{ id: onlySecretId, hash: secret_hash, not_before: null, expires_at: null }]
  return (secrets ?? []).flatMap(({ id, hash, not_before, expires_at }) =>
    hash === null ? [] : [{ id, hash, not_before, expires_at }],
  )
}

/** The secret with its end; empty if it has ended. */
function endBy(entry: SecretEntry, end: number, now: number): SecretEntry[] {
  const ends = Math.min(entry.expires_at === null ? end : Date.parse(entry.expires_at), end)
  return ends <= now ? [] : [{ ...entry, expires_at: renderTime(ends) }]
}

function withoutNulls(entry: SecretEntry): Record<string, string> {
  return Object.fromEntries(
    Object.entries(entry).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
  )
}

function renderEntry(entry: SecretEntry): string {
  const members = Object.entries(withoutNulls(entry)).map(
    ([name, value]) => `${name}: ${JSON.stringify(value)}`,
  )
  return `{ ${members.join(', ')} }`
}
