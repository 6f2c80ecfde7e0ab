import { type Command, exitCodes } from '../../cli/command.ts'
import { clientIdToPaste, clientOption, jsonOption, optionsOf } from '../../cli/options.ts'
import { stylesFor } from '../../cli/style.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { createSecret } from '../../secrets/create-secret.ts'
import { rotateOptions, rotateSecret } from './secret-rotate.ts'

export const secretCommand: Command = {
  name: 'secret',
  group: 'Configure',
  summary: 'Make a client secret and its hash, or a new one for a client',
  words: '[rotate]',
  mostWords: 1,
  choices: ['rotate'],
  hasDefault: true,
  options: [
    clientOption('the client id in the YAML to paste; rotate: the client'),
    ...optionsOf(['rotate'], rotateOptions),
    jsonOption,
  ],
  details:
    'The secret holds 256 random bits and ends in a checksum, so that scanners can tell a leaked one. Only its hash\nbelongs into config.yaml.\nrotate    gives a client a new secret beside the old one, which ends a day later: at once where the client is\n          stored, and as YAML to paste where config.yaml defines it.',
  example: 'grantd secret --client billing',
  run,
}

function run(args: ParsedArguments, platform: Platform): Promise<number> {
  const [word] = args.positionals
  if (word === undefined) return makeSecret(args, platform)
  if (word !== 'rotate') throw new UsageError('secret wants no word, or rotate')
  return rotateSecret(args, platform)
}

async function makeSecret(args: ParsedArguments, platform: Platform): Promise<number> {
  const client = clientIdToPaste(args)
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
