import { CommandError, exitCodes, type Option } from '../../cli/command.ts'
import { parseJsonObject, parseScopes } from '../../cli/options.ts'
import { shellWord } from '../../cli/shell-word.ts'
import { stylesFor } from '../../cli/style.ts'
import { shell } from '../../management/actor.ts'
import { readNothing } from '../../management/client-change.ts'
import { createClient } from '../../management/create-client.ts'
import { explainRefusal } from '../../offline/with-management.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import { FileError } from '../../platform/files.ts'
import type { Platform } from '../../platform/platform.ts'
import type { AskedClient } from './asked-client.ts'
import { appOptions, describeApp, readApp, renderApp } from './client-app.ts'

export const addOptions: readonly Option[] = [
  { name: 'name', value: 'NAME', description: 'a name for people; default: the client id' },
  {
    name: 'claims',
    value: 'JSON',
    description: 'static claims of its tokens, such as {"plan":"gold"}',
  },
  ...appOptions,
  { name: 'introspect', description: 'it may introspect every token of the tenant' },
  {
    name: 'auth-method',
    value: 'NAME',
    description: 'its token_endpoint_auth_method; default: client_secret_basic or client_secret_post',
  },
  {
    name: 'jwks-file',
    value: 'PATH',
    description: 'the JWK Set with its public keys; it has no secret then, but private_key_jwt',
  },
]

/** Makes a stored client: a service or an app, with a secret, which is printed once, with the public keys of a file, or public. */
export async function addClient({ management, tenant, id, args, platform }: AskedClient): Promise<number> {
  const patch = await readPatch(args, platform)
  const known = Object.keys(tenant.oauth2?.scopes ?? {})
  const tried = `Cannot add the client '${id}' to the tenant '${tenant.id}', whose scopes are [${known.join(', ')}]`
  const named = `--tenant ${tenant.id} --client ${shellWord(id)}`
  const { secret, secretId } = await explainRefusal(
    tried,
    () => createClient({ id, patch, actor: shell, read: readNothing }, tenant, management),
    `grantd client show ${named} shows it, and grantd secret rotate ${named} gives it a new secret`,
  )
  const app =
    'redirect_uris' in patch ? describeApp({ id, secret, patch }, tenant, management.publicUrl) : undefined
  const told = app ? renderApp(app, platform) : tellService(secret, platform)
  const text = [`Added the client '${id}' to the tenant '${tenant.id}'`, ...told, ''].join('\n')
  const json = { client_id: id, secret, secret_id: secretId, ...app }
  platform.writeOut(args.isSet('json') ? `${JSON.stringify(json)}\n` : text)
  return exitCodes.ok
}

function tellService(secret: string | undefined, platform: Platform): string[] {
  if (secret === undefined) return ['It proves itself with private_key_jwt and the keys of the file']
  return [`${stylesFor(platform).bold('Secret')}, shown this once: give it to the client`, `  ${secret}`]
}

async function readPatch(args: ParsedArguments, platform: Platform): Promise<Record<string, unknown>> {
  const name = args.text('name')
  const claims = parseJsonObject('claims', args)
  const method = args.text('auth-method')
  const jwksFile = args.text('jwks-file')
  if (method === 'private_key_jwt' && jwksFile === undefined)
    throw new UsageError('client add wants --jwks-file PATH for private_key_jwt')
  return {
    ...readApp(args),
    scopes: parseScopes(args.text('scopes')) ?? [],
    introspect: args.isSet('introspect'),
    ...(name !== undefined && { name }),
    ...(claims && { claims }),
    ...(method !== undefined && { token_endpoint_auth_method: method }),
    ...(jwksFile !== undefined && {
      token_endpoint_auth_method: method ?? 'private_key_jwt',
      jwks: await readJwks(jwksFile, platform),
    }),
  }
}

/** Bytes. */
const largestJwks = 64 * 1024

async function readJwks(path: string, { files }: Platform): Promise<unknown> {
  try {
    const bytes = await files.readSmall(files.resolve(path), largestJwks)
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    const reason = cause instanceof FileError ? cause.code : 'it is not JSON'
    throw new CommandError(`Cannot read the JWK Set in ${path}: ${reason}`)
  }
}
