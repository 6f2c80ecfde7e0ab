import { type ParsedArguments, UsageError } from '../platform/arguments.ts'
import { FileError } from '../platform/files.ts'
import type { Platform } from '../platform/platform.ts'
import { CommandError, type Option } from './command.ts'

/** The variable that has the passphrase of a backup. */
const passphraseVariable = 'GRANTD_BACKUP_PASSPHRASE'

export const passphraseOptions: readonly Option[] = [
  {
    name: 'passphrase-file',
    value: 'PATH',
    description: `a file with the passphrase; or ${passphraseVariable}`,
  },
  { name: 'passphrase-stdin', description: 'the passphrase on standard input' },
]

/** Bytes. */
const largestFile = 64 * 1024

/** The passphrase of a file, of standard input or of the environment, without one line end; undefined: none. Throws UsageError. */
export async function readPassphrase(args: ParsedArguments, platform: Platform): Promise<string | undefined> {
  const file = args.text('passphrase-file')
  if (file !== undefined && args.isSet('passphrase-stdin'))
    throw new UsageError('--passphrase-file and --passphrase-stdin exclude each other')
  if (file !== undefined) return checked(await readSecretFile(file, platform), file)
  if (args.isSet('passphrase-stdin')) return checked((await platform.readInput()) ?? '', 'standard input')
  return platform.environment(passphraseVariable) || undefined
}

function checked(text: string, source: string): string {
  const passphrase = text.replace(/\r?\n$/, '')
  if (passphrase === '') throw new UsageError(`There is no passphrase in ${source}`)
  return passphrase
}

/** The text of a small file. Throws CommandError, which repeats nothing of it. */
export async function readSecretFile(file: string, { files }: Platform): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(
      await files.readSmall(files.resolve(file), largestFile),
    )
  } catch (cause) {
    throw new CommandError(
      `Cannot read ${file}: ${cause instanceof FileError ? cause.code : 'it is not UTF-8'}`,
    )
  }
}
