import { CommandError, exitCodes, type Option } from '../../cli/command.ts'
import { clientIdToPaste, parseScopes } from '../../cli/options.ts'
import { shellWord } from '../../cli/shell-word.ts'
import { stylesFor } from '../../cli/style.ts'
import { generateClientKey } from '../../keys/client-key-pair.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { printable } from '../../printable.ts'
import { type SignatureAlgorithm, signatureAlgorithms } from '../../protocol/algorithms.ts'
import { isClientKid, longestClientKid } from '../../protocol/client-jwks.ts'

export const keygenOptions: readonly Option[] = [
  { name: 'key-file', value: 'PATH', description: 'the new file for the private key; - prints it' },
  { name: 'algorithm', value: 'ALG', description: 'such as RS256; default ES256' },
  { name: 'kid', value: 'KID', description: 'the key id; default: the thumbprint of the key' },
]

const usualAlgorithm = 'ES256'

/** Makes the key pair of a client of private_key_jwt: the private half for the client, the public one for grantd. */
export async function makeClientKey(args: ParsedArguments, platform: Platform): Promise<number> {
  const file = args.text('key-file')
  if (!file) throw new UsageError('client keygen wants --key-file PATH for the private key, or - to print it')
  const client = clientIdToPaste(args)
  const kid = args.text('kid')
  if (kid !== undefined && !isClientKid(kid))
    throw new UsageError(`The kid is '${kid}', wanted 1 to ${longestClientKid} printable ASCII characters`)
  const { privateJwk, publicJwk } = await generateClientKey(parseAlgorithm(args), kid)
  const jwks = { keys: [publicJwk] }
  const scopes = parseScopes(args.text('scopes')) ?? []
  if (file === '-') platform.writeOut(privateJwk)
  else if (!(await platform.files.createPrivate(platform.files.resolve(file), privateJwk)))
    throw new CommandError(
      `${file} is there already and stays as it is; choose another name, or move it away`,
    )
  const text = renderNext({ client, file, jwks, scopes }, platform)
  const json = `${JSON.stringify({ client_id: client, key_file: file, jwks })}\n`
  // Standard output has only the private key, so that a pipe can read it.
  const write = file === '-' ? platform.writeError : platform.writeOut
  write(args.isSet('json') ? json : text)
  return exitCodes.ok
}

interface Next {
  readonly client: string
  readonly file: string
  readonly jwks: object
  readonly scopes: readonly string[]
}

function renderNext({ client, file, jwks, scopes }: Next, platform: Platform): string {
  const { bold } = stylesFor(platform)
  return [
    ...(file === '-' ? [] : [`${bold('Private key')} in ${printable(file)}, for the client alone`]),
    `${bold('To paste')} under clients of a tenant in config.yaml:`,
    `      ${JSON.stringify(client)}:`,
    '        token_endpoint_auth_method: private_key_jwt',
    `        jwks: ${JSON.stringify(jwks)}`,
    `        scopes: ${JSON.stringify(scopes)} # what this client may ask for`,
    'Then restart or reload the server, and get a token:',
    `  grantd token --tenant TENANT --client ${shellWord(printable(client))} --key-file ${file === '-' ? 'PATH' : shellWord(printable(file))}`,
    '',
  ].join('\n')
}

function parseAlgorithm(args: ParsedArguments): SignatureAlgorithm {
  const given = args.text('algorithm') ?? usualAlgorithm
  const names = Object.keys(signatureAlgorithms) as SignatureAlgorithm[]
  const algorithm = names.find((name) => name === given)
  if (algorithm) return algorithm
  throw new UsageError(`The algorithm is '${given}', wanted one of ${names.join(' ')}`)
}
