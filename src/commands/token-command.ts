import { type Command, CommandError, exitCodes, type Option } from '../cli/command.ts'
import { parseToken, writeReport } from '../cli/jwt-report.ts'
import {
  clientOption,
  getOption,
  jsonOption,
  parseScopes,
  scopesOption,
  tenantOption,
} from '../cli/options.ts'
import { describeRefusal, fetchJson } from '../cli/remote/fetch-json.ts'
import { findServerUrl, localOptions, urlOption } from '../cli/remote/server-url.ts'
import { findTextFault } from '../config/rules/secret-faults.ts'
import { ClientKeyInvalid, signClientAssertion } from '../keys/client-key-pair.ts'
import { checkSignature } from '../keys/jwt.ts'
import { findTakenPort } from '../offline/find-taken-port.ts'
import { type ParsedArguments, UsageError } from '../platform/arguments.ts'
import { FileError } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import { assertionType } from '../protocol/client-authentication.ts'
import { isGeneratedSecret } from '../secrets/generated-secret.ts'
import { tenantPath } from '../tenants/tenant.ts'

const remoteOption: Option = {
  ...urlOption,
  description: 'the base of the server; default: the one that serve would start here',
  env: 'GRANTD_URL',
}

const secretVariable = 'GRANTD_CLIENT_SECRET'

export const tokenCommand: Command = {
  name: 'token',
  group: 'Tokens',
  summary: 'Get an access token from a server',
  options: [
    tenantOption('the tenant; required'),
    clientOption('the client; required', ['client-id']),
    scopesOption('the scopes that it asks for; default: those that the client has by default'),
    {
      name: 'key-file',
      value: 'PATH',
      description: 'the private key (JWK) of a client of private_key_jwt, in place of the secret',
    },
    { name: 'resource', value: 'URI', description: 'the API that the token is for (RFC 8707)' },
    remoteOption,
    ...localOptions,
    {
      name: 'decode',
      description: 'print what is in the token and whether its signature verifies, in place of it',
    },
    jsonOption,
  ],
  details: `The secret comes from ${secretVariable} or from standard input, never from an argument.`,
  example: 'grantd token --tenant acme --client billing --scopes api:read < secret.txt',
  run: getToken,
}

async function getToken(args: ParsedArguments, platform: Platform): Promise<number> {
  const tenant = getOption('tenant', { args, command: 'token' })
  const clientId = getOption('client', { args, command: 'token' })
  const base = await findServerUrl(args, platform, { option: remoteOption, findTakenPort })
  const server = `${base}${tenantPath(encodeURIComponent(tenant))}`
  const keyFile = args.text('key-file')
  const credentials = keyFile
    ? await signIn(keyFile, { server, clientId, platform })
    : { client_secret: await readSecret(platform) }
  const token = await requestToken(server, { tenant, clientId, credentials, args, platform })
  if (!args.isSet('decode')) {
    platform.writeOut(args.isSet('json') ? `${JSON.stringify({ access_token: token })}\n` : `${token}\n`)
    return exitCodes.ok
  }
  const jwks = await fetchJson(`${server}/.well-known/jwks.json`, { platform })
  const signature = await checkSignature(token, jwks.body)
  writeReport({ decoded: parseToken(token), signature, isJson: args.isSet('json') }, platform)
  if (signature !== 'verified') throw new CommandError(`The signature ${signature}`)
  return exitCodes.ok
}

/** Bytes. */
const largestKeyFile = 64 * 1024

/** The parameters of private_key_jwt (RFC 7523 section 2.2). The audience is the issuer in the metadata of the server. */
async function signIn(
  keyFile: string,
  { server, clientId, platform }: { server: string; clientId: string; platform: Platform },
): Promise<Record<string, string>> {
  const { files, now, randomBytes } = platform
  const text = await files.readSmall(files.resolve(keyFile), largestKeyFile).then(decodeText, (cause) => {
    throw new CommandError(
      `Cannot read the key in ${keyFile}: ${cause instanceof FileError ? cause.code : 'failed'}`,
    )
  })
  const { body } = await fetchJson(`${server}/.well-known/oauth-authorization-server`, { platform })
  const { issuer } = body
  if (typeof issuer !== 'string') throw new CommandError(`${server} does not say which issuer it is`)
  try {
    const asked = { clientId, audience: issuer, jti: randomBytes(16).toHex(), now: Math.floor(now() / 1000) }
    const assertion = await signClientAssertion(text, asked)
    return { client_assertion_type: assertionType, client_assertion: assertion }
  } catch (cause) {
    if (cause instanceof ClientKeyInvalid) throw new CommandError(`The key file ${keyFile} ${cause.message}`)
    throw cause
  }
}

function decodeText(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

async function readSecret(platform: Platform): Promise<string> {
  const secret = platform.environment(secretVariable) || (await platform.readInput())?.replace(/\r?\n$/, '')
  const fault = secret && findTextFault(secret)
  if (fault) throw new CommandError(`The secret ${fault}`)
  if (secret) return checkTyping(secret, platform)
  throw new UsageError(`token wants the secret in ${secretVariable} or on standard input`)
}

/** A secret made by grantd ends in a checksum, so this finds a typing error before the secret is sent. */
function checkTyping(secret: string, { hashing }: Platform): string {
  if (!secret.startsWith('gds_') || isGeneratedSecret(secret, hashing)) return secret
  throw new CommandError('The secret is mistyped or cut: its checksum does not fit')
}

interface TokenRequest {
  readonly tenant: string
  readonly clientId: string
  readonly credentials: Readonly<Record<string, string>>
  readonly args: ParsedArguments
  readonly platform: Platform
}

async function requestToken(
  server: string,
  { tenant, clientId, credentials, args, platform }: TokenRequest,
): Promise<string> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    ...credentials,
  })
  const scopes = parseScopes(args.text('scopes'))
  const resource = args.text('resource')
  if (scopes) form.set('scope', scopes.join(' '))
  if (resource !== undefined) form.set('resource', resource)
  const { status, body } = await fetchJson(`${server}/oauth/token`, {
    platform,
    init: { method: 'POST', body: form },
    isSecret: true,
  })
  const token = body['access_token']
  // The token goes to a terminal, and another server could send anything.
  if (status === 200 && typeof token === 'string' && /^[\x21-\x7e]+$/.test(token)) return token
  if (body['error'] === 'tenant_not_found') {
    throw new CommandError(
      `The server has no tenant '${tenant}' that issues tokens; look at tenants in its config.yaml`,
    )
  }
  if (body['error'] === 'invalid_client') {
    throw new CommandError(
      'client_secret' in credentials
        ? `The server does not accept client '${clientId}' of tenant '${tenant}' with this secret`
        : `The server does not accept client '${clientId}' of tenant '${tenant}' with this key`,
    )
  }
  throw new CommandError(describeRefusal({ status, body }))
}
