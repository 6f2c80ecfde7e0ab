import { CommandError, exitCodes } from '../../cli/command.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { findPasswordFault, longestPassword } from '../../protocol/password/password.ts'
import { Passwords } from '../../secrets/passwords.ts'

/** Prints the hash of the password on standard input, for `password_hash` of a person in config.yaml. */
export async function hashPassword(args: ParsedArguments, platform: Platform): Promise<number> {
  const input = await platform.readInput()
  if (input === undefined)
    throw new UsageError(
      'user hash wants the password on standard input: printf %s "$PASSWORD" | grantd user hash',
    )
  const password = input.replace(/\r?\n$/, '')
  if (findPasswordFault(password, { min_length: 1 }) !== undefined)
    throw new CommandError(`The password is no text of 1 to ${longestPassword} bytes on one line`)
  const { hashing, passwordHash, randomBytes, monotonic } = platform
  const passwords = new Passwords({ hashing, passwordHash, randomBytes, monotonic, atOnce: 1 })
  const hash = await passwords.hash(password)
  platform.writeOut(args.isSet('json') ? `${JSON.stringify({ password_hash: hash })}\n` : `${hash}\n`)
  return exitCodes.ok
}
