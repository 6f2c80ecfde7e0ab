import { generateSecret } from '../keys/generated-secret.ts'
import type { ParsedArguments } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { type Command, exitCodes } from './command.ts'
import { jsonOption } from './options.ts'
import { stylesFor } from './style.ts'

export const secretCommand: Command = {
  name: 'secret',
  group: 'Configure',
  summary: 'Make a client secret and its hash',
  options: [{ name: 'client', value: 'ID', description: 'the client id in the YAML to paste' }, jsonOption],
  details:
    'The secret holds 256 random bits and ends in a checksum, so that scanners can tell a leaked one. Only its hash\nbelongs into config.yaml.',
  example: 'grantd secret --client billing',
  run: makeSecret,
}

async function makeSecret(args: ParsedArguments, platform: Platform): Promise<number> {
  const client = args.text('client') ?? 'my-service'
  const { secret, hash } = createSecret(platform)
  const { bold } = stylesFor(platform)
  const text = [
    `${bold('Secret')}, shown this once: give it to the client`,
    `  ${secret}`,
    `${bold('To paste')} under clients of a tenant in config.yaml:`,
    `      ${JSON.stringify(client)}:`,
    `        secret_hash: ${hash}`,
    '        scopes: []',
    '',
  ].join('\n')
  platform.writeOut(
    args.isSet('json') ? `${JSON.stringify({ client_id: client, secret, secret_hash: hash })}\n` : text,
  )
  return exitCodes.ok
}

/** A new secret and the hash that config.yaml holds of it. */
export function createSecret({ randomBytes, hashing }: Platform): { secret: string; hash: string } {
  const secret = generateSecret(randomBytes, hashing)
  return { secret, hash: `sha256:${hashing.sha256(secret).toHex()}` }
}
