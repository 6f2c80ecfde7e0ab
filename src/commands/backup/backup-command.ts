import type { Protection } from '../../backup/encryption.ts'
import { renderVersion } from '../../build-info.ts'
import { type Command, CommandError, exitCodes } from '../../cli/command.ts'
import { getConfigPath } from '../../cli/find-config.ts'
import { getOption, jsonOption, parseList, storageOptions } from '../../cli/options.ts'
import { passphraseOptions, readPassphrase } from '../../cli/passphrase.ts'
import { renderCount } from '../../cli/render-count.ts'
import type { LoadedConfig } from '../../config/load.ts'
import { loadNamedConfig } from '../../offline/with-storage.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { printable } from '../../printable.ts'
import { planStorage } from '../../server/compose.ts'
import { findConfigFiles, findLeftOut } from './config-files.ts'
import { explainBackup } from './explain-backup.ts'

export const backupCommand: Command = {
  name: 'backup',
  group: 'Manage',
  summary: 'Write the database, the keys and the configuration into one encrypted file',
  options: [
    ...storageOptions,
    { name: 'to', value: 'FILE', description: 'a new file, or - for standard output; required' },
    ...passphraseOptions,
    { name: 'recipient', value: 'A,B', description: 'encrypt to these age recipients (age1...) instead' },
    { name: 'plain', description: 'do not encrypt: whoever reads the file has every signing key' },
    { name: 'no-config', description: 'leave the configuration out' },
    jsonOption,
  ],
  details:
    'A server may go on: the copy is that of one moment. The file is a tar archive in the age format, so other tools\nopen it too. With Postgres, use pg_dump or point-in-time recovery. grantd restore puts a backup back.',
  example: 'grantd backup --to /backups/grantd.age --passphrase-file /etc/grantd/backup-passphrase',
  run,
}

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  const named = getOption('to', { args, command: 'backup' })
  const to = named === '-' ? undefined : platform.files.resolve(named)
  if (to === undefined && platform.isTerminal)
    throw new UsageError('A terminal takes no backup: redirect it, or give --to a file')
  const protection = await readProtection(args, platform)
  const loaded = await loadNamedConfig(args, platform)
  const configPath = await getConfigPath(args, platform)
  const dataDir = getDataDir(loaded, platform, configPath)
  const configFiles = args.isSet('no-config') ? [] : await findConfigFiles(configPath, platform)
  const { makeBackup } = await import('../../backup/make-backup.ts')
  const manifest = await explainBackup(() =>
    makeBackup(
      {
        ...{ dataDir, to, protection },
        tenants: Object.keys(loaded.config.tenants),
        configFiles,
        leftOut: findLeftOut(loaded),
        version: renderVersion().trim(),
      },
      platform,
    ),
  )
  const size = manifest.parts.reduce((sum, part) => sum + part.size, 0)
  // Standard output has the backup itself, if there is no file.
  const write = to === undefined ? platform.writeError : platform.writeOut
  for (const file of manifest.left_out)
    platform.writeError(`warning: not in the backup: ${printable(file)}\n`)
  const text = `Backed up ${renderCount(manifest.tenants.length, 'tenant')} of ${dataDir}: ${renderCount(manifest.parts.length, 'file')}, ${size} bytes, ${kinds[protection.kind]}`
  write(args.isSet('json') ? `${JSON.stringify(manifest)}\n` : `${printable(text)}\n`)
  return exitCodes.ok
}

const kinds = {
  passphrase: 'encrypted with a passphrase',
  recipients: 'encrypted to its recipients',
  plain: 'not encrypted',
} as const

async function readProtection(args: ParsedArguments, platform: Platform): Promise<Protection> {
  const recipients = parseList(args.text('recipient')) ?? []
  const passphrase = await readPassphrase(args, platform)
  const isPlain = args.isSet('plain')
  if ((isPlain || recipients.length > 0) && passphrase !== undefined)
    throw new UsageError('backup wants one of a passphrase, --recipient and --plain')
  if (isPlain && recipients.length > 0) throw new UsageError('--plain and --recipient exclude each other')
  if (isPlain) return { kind: 'plain' }
  if (recipients.length > 0) return { kind: 'recipients', recipients }
  if (passphrase !== undefined) return { kind: 'passphrase', passphrase }
  throw new UsageError(
    'backup wants a passphrase (--passphrase-file, --passphrase-stdin) or --recipient, because it has every signing key; --plain does without',
  )
}

function getDataDir(loaded: LoadedConfig, platform: Platform, configPath: string): string {
  const place = planStorage(loaded, platform)
  if (place.kind === 'postgres')
    throw new CommandError(
      `${configPath} keeps everything in Postgres, signing keys too; back it up with pg_dump or point-in-time recovery, and the master key apart from it (docs/operations/backup.md)`,
    )
  if (place.kind === 'memory' || loaded.dataDir === undefined)
    throw new CommandError(`${configPath} keeps nothing (storage: memory), so there is nothing to back up`)
  return loaded.dataDir
}
