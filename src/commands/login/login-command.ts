import { type Command, CommandError, exitCodes } from '../../cli/command.ts'
import { findConfig } from '../../cli/find-config.ts'
import {
  clientOption,
  getOption,
  jsonOption,
  parseScopes,
  scopesOption,
  tenantOption,
} from '../../cli/options.ts'
import { findServerUrl, serverOptions } from '../../cli/remote/server-url.ts'
import { loadConfig } from '../../config/load.ts'
import { findTakenPort } from '../../offline/find-taken-port.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { deviceCodeGrantType } from '../../protocol/grant-types.ts'
import { tenantPath } from '../../tenants/tenant.ts'
import {
  askForCodes,
  type DeviceClient,
  type DeviceCodes,
  discover,
  pollForTokens,
  type Waiting,
} from './device-flow.ts'
import { renderQrCode, showsColours } from './qr-code.ts'
import { decodeTokens, renderTokens, renderTokensAsJson } from './show-tokens.ts'

const secretVariable = 'GRANTD_CLIENT_SECRET'
const defaultScopes = ['openid', 'profile', 'email']

export const loginCommand: Command = {
  name: 'login',
  group: 'Tokens',
  summary: 'Sign in at a tenant, with a code that is typed in a browser',
  options: [
    tenantOption('the tenant; required'),
    clientOption('the client; default: the one of config.yaml that may use codes of devices', ['client-id']),
    scopesOption(`the scopes; default: ${defaultScopes.join(',')}`),
    ...serverOptions,
    jsonOption,
  ],
  details: `Shows who signed in and what is in the tokens, and keeps nothing. A client with a secret has it in ${secretVariable}.`,
  example: 'grantd login --tenant example',
  run: login,
}

async function login(args: ParsedArguments, platform: Platform): Promise<number> {
  const tenant = getOption('tenant', { args, command: 'login' })
  const client = await findClient(tenant, args, platform)
  const base = await findServerUrl(args, platform, { findTakenPort })
  const endpoints = await discover(`${base}${tenantPath(encodeURIComponent(tenant))}`, platform)
  const scopes = parseScopes(args.text('scopes')) ?? defaultScopes
  const codes = await askForCodes(endpoints, { client, scopes }, platform)
  const answer = await untilStopped(platform, async (waiting) => {
    // Standard output is for the tokens alone, so that a script can read them.
    platform.writeError(await renderInvitation(codes, platform))
    return pollForTokens(endpoints, { client, codes }, { platform, waiting })
  })
  if (!answer) {
    platform.writeError('\nStopped; nobody signed in\n')
    return exitCodes.interrupted
  }
  const tokens = await decodeTokens(answer, endpoints, platform)
  platform.writeOut(args.isSet('json') ? renderTokensAsJson(tokens) : renderTokens(tokens, platform))
  const isGenuine = [tokens.accessToken, tokens.idToken].every(
    (token) => !token || token.signature === 'verified',
  )
  if (!isGenuine) throw new CommandError('The signature of a token does not verify')
  return exitCodes.ok
}

async function renderInvitation(codes: DeviceCodes, platform: Platform): Promise<string> {
  const { userCode, verificationUri, verificationUriComplete, expiresIn } = codes
  const minutes = Math.max(1, Math.round(expiresIn / 60))
  const lines = [
    'To sign in, open this address and type the code:',
    '',
    `  ${verificationUri}`,
    `  ${userCode}`,
    '',
  ]
  if (verificationUriComplete !== undefined) {
    const qrCode = await renderQrCode(verificationUriComplete, { isColoured: showsColours(platform) })
    lines.push('Or scan this with a phone, and compare the code:', '', qrCode)
  }
  lines.push(`Waiting for at most ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}; Ctrl-C stops.`, '')
  return lines.join('\n')
}

/** Runs `work` until SIGINT or SIGTERM ends its waiting. */
async function untilStopped<T>(platform: Platform, work: (waiting: Waiting) => Promise<T>): Promise<T> {
  let stop = () => {}
  const stopped = new Promise<false>((resolve) => {
    stop = () => resolve(false)
  })
  const forget = platform.onStopSignal(() => stop())
  const wait = async (seconds: number) => {
    let cancel = () => {}
    const over = new Promise<true>((resolve) => {
      cancel = platform.after(seconds * 1000, () => resolve(true))
    })
    return Promise.race([over, stopped]).finally(cancel)
  }
  return work({ wait, monotonic: platform.monotonic }).finally(forget)
}

async function findClient(tenant: string, args: ParsedArguments, platform: Platform): Promise<DeviceClient> {
  const id = args.text('client') ?? (await findConfiguredClient(tenant, args, platform))
  if (id === undefined)
    throw new UsageError('login wants --client; grantd client add --app device makes a client for it')
  return { id, secret: platform.environment(secretVariable) || undefined }
}

/** The first public client of the tenant in config.yaml that may use the device flow. A server elsewhere has another configuration. */
async function findConfiguredClient(
  tenant: string,
  args: ParsedArguments,
  platform: Platform,
): Promise<string | undefined> {
  const path = args.text('url') === undefined ? await findConfig(args, platform) : undefined
  if (path === undefined) return undefined
  const { config } = await loadConfig(path, platform)
  const clients = Object.entries(config.tenants[tenant]?.clients ?? {})
  const isUsable = ({ grant_types, token_endpoint_auth_method }: (typeof clients)[number][1]) =>
    grant_types.some((type) => type === deviceCodeGrantType) && token_endpoint_auth_method === 'none'
  return clients.find(([, client]) => isUsable(client))?.[0]
}
