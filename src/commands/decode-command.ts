import { type Command, CommandError, exitCodes } from '../cli/command.ts'
import { parseToken, writeReport } from '../cli/jwt-report.ts'
import { jsonOption } from '../cli/options.ts'
import { findTimeFault } from '../cli/render-jwt.ts'
import { checkSignature } from '../keys/jwt.ts'
import { type ParsedArguments, UsageError } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'

export const decodeCommand: Command = {
  name: 'decode',
  group: 'Tokens',
  summary: 'Read a JWT from standard input; nothing is sent anywhere',
  words: '[-]',
  mostWords: 1,
  options: [
    {
      name: 'jwks',
      value: 'FILE',
      description:
        'check the signature with this JWK Set; ends with 1 when it fails or the token has expired',
    },
    jsonOption,
  ],
  details: 'Shows header and claims, with times in words. Without --jwks the signature is not checked.',
  example: 'grantd token --tenant acme --client billing < secret.txt | grantd decode',
  run: decode,
}

async function decode(args: ParsedArguments, platform: Platform): Promise<number> {
  const [word] = args.positionals
  if (word !== undefined && word !== '-') {
    throw new UsageError(
      'decode reads the token from standard input, because other users can see arguments: grantd decode < token.txt',
    )
  }
  const token = (await platform.readInput())?.trim()
  if (token === undefined)
    throw new UsageError('decode reads the token from standard input: grantd decode < token.txt')
  const decoded = parseToken(token)
  const signature = await findSignature(token, args.text('jwks'), platform)
  writeReport({ decoded, signature, isJson: args.isSet('json') }, platform)
  if (signature === notChecked) return exitCodes.ok
  if (signature !== 'verified') throw new CommandError(`The signature ${signature}`)
  const timeFault = findTimeFault(decoded.claims, platform.now())
  if (timeFault !== undefined) throw new CommandError(`The signature verifies, but the token ${timeFault}`)
  return exitCodes.ok
}

/** In bytes. */
const largestJwks = 1024 * 1024

const notChecked = 'not checked; give the keys with --jwks FILE'

async function findSignature(token: string, path: string | undefined, { files }: Platform): Promise<string> {
  if (path === undefined) return notChecked
  const text = new TextDecoder().decode(await files.readSmall(path, largestJwks))
  let jwks: unknown
  try {
    jwks = JSON.parse(text)
  } catch (cause) {
    throw new CommandError(`${path} is not JSON, wanted a JWK Set`, { cause })
  }
  return checkSignature(token, jwks)
}
