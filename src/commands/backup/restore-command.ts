import { AuditLog } from '../../audit/audit-log.ts'
import type { Opener } from '../../backup/encryption.ts'
import type { RestoredFacts } from '../../backup/restore-backup.ts'
import { refuseBeside } from '../../cli/check-use.ts'
import { type Command, CommandError, exitCodes } from '../../cli/command.ts'
import { getOption, jsonOption } from '../../cli/options.ts'
import { passphraseOptions, readPassphrase, readSecretFile } from '../../cli/passphrase.ts'
import { renderCount } from '../../cli/render-count.ts'
import { fillSettings } from '../../config/fill-settings.ts'
import { AuditConfig } from '../../config/service-schema.ts'
import { shell } from '../../management/actor.ts'
import { type EndedRows, endIssuedBefore } from '../../management/revoke/end-issued-before.ts'
import { warnOfLost } from '../../offline/warn-of-lost.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { printable } from '../../printable.ts'
import { openStorage } from '../../storage/open.ts'
import { noteRestore } from '../../tokens/revocations.ts'
import { explainBackup } from './explain-backup.ts'

export const restoreCommand: Command = {
  name: 'restore',
  group: 'Manage',
  summary: 'Put a backup into a data_dir, and end what may have been revoked since',
  words: 'FILE',
  mostWords: 1,
  options: [
    { name: 'into', value: 'PATH', description: 'the data_dir; required but for --check' },
    { name: 'check', description: 'only read the whole file and check it' },
    { name: 'force', description: 'replace what the data_dir has; it stays in a folder beside' },
    {
      name: 'keep-api-keys',
      description: 'leave API keys valid, those that were revoked since the backup too',
    },
    { name: 'keep-tokens', description: 'leave everything valid that was revoked since the backup' },
    ...passphraseOptions,
    { name: 'identity-file', value: 'PATH', description: 'a file with age identities (AGE-SECRET-KEY-1...)' },
    jsonOption,
  ],
  details:
    'Stop the server first. All of the backup is checked before anything changes, and a kill leaves the old data_dir or\nthe new one. Every token, session, consent and API key from before the restore is over, unless it is kept.',
  example: 'grantd restore /backups/grantd.age --into data --passphrase-file /etc/grantd/backup-passphrase',
  run,
}

/** The options that are about putting a backup back. */
const changing = ['into', 'force', 'keep-api-keys', 'keep-tokens']

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  const [file] = args.positionals
  if (file === undefined) throw new UsageError('restore wants FILE, a backup that grantd backup made')
  if (args.isSet('check')) refuseBeside('--check', changing, args)
  const opener = await readOpener(args, platform)
  const path = platform.files.resolve(file)
  if (args.isSet('check')) return check(path, { opener, args, platform })
  const into = platform.files.resolve(getOption('into', { args, command: 'restore' }))
  const { restoreBackup } = await import('../../backup/restore-backup.ts')
  const asked = {
    keepTokens: args.isSet('keep-tokens'),
    keepApiKeys: args.isSet('keep-api-keys'),
    before: platform.now(),
  }
  const ended: EndedRows[] = []
  const restored = await explainBackup(() =>
    restoreBackup(
      {
        ...{ path, opener, into, force: args.isSet('force') },
        prepare: async (database, backup) =>
          void ended.push(...(await prepare(database, backup, { ...asked, platform }))),
      },
      platform,
    ),
  )
  const report = { ...asked, into, file: path, ended: addUp(ended), restored }
  platform.writeOut(args.isSet('json') ? renderJson(report) : render(report))
  return exitCodes.ok
}

async function readOpener(args: ParsedArguments, platform: Platform): Promise<Opener> {
  const file = args.text('identity-file')
  const passphrase = await readPassphrase(args, platform)
  if (file === undefined) return { passphrase }
  const lines = (await readSecretFile(file, platform)).split('\n').map((line) => line.trim())
  const identities = lines.filter((line) => line !== '' && !line.startsWith('#'))
  if (identities.length === 0) throw new UsageError(`There is no identity in ${file}`)
  return { passphrase, identities }
}

interface CheckOptions {
  readonly opener: Opener
  readonly args: ParsedArguments
  readonly platform: Platform
}

async function check(path: string, { opener, args, platform }: CheckOptions): Promise<number> {
  const { checkBackup } = await import('../../backup/restore-backup.ts')
  const manifest = await explainBackup(() => checkBackup(path, opener, platform))
  const { made_at, made_by, tenants, parts } = manifest
  const text = `${path} is whole: ${renderCount(tenants.length, 'tenant')} and ${renderCount(parts.length, 'file')} of ${made_at}, by ${made_by}`
  platform.writeOut(args.isSet('json') ? `${JSON.stringify(manifest)}\n` : `${printable(text)}\n`)
  return exitCodes.ok
}

interface Asked {
  readonly keepTokens: boolean
  readonly keepApiKeys: boolean
  /** Milliseconds since the epoch. */
  readonly before: number
}

/**
 * Brings the restored database to the schema of this grantd, and ends what was given out until now. The time of the backup is not enough: a
 * token that was issued after the backup, and revoked, is valid by its signature, and no row says that it was revoked.
 */
async function prepare(
  path: string,
  { manifest, tenants }: RestoredFacts,
  { keepTokens, keepApiKeys, before, platform }: Asked & { readonly platform: Platform },
): Promise<EndedRows[]> {
  const madeAt = Date.parse(manifest.made_at)
  if (!keepTokens && madeAt > before)
    throw new CommandError(
      `The clock says ${new Date(before).toISOString()}, and the backup is of ${manifest.made_at}: set the clock, so that what was issued since can be ended`,
    )
  const storage = await openStorage({ kind: 'sqlite', path }, platform)
  try {
    if (keepTokens) return []
    const { retain: retainSeconds } = fillSettings(AuditConfig, {})
    const audit = new AuditLog({ ...platform, storage, retainSeconds, log: warnOfLost(platform) })
    const all = [...new Set([...manifest.tenants, ...tenants])]
    const deps = { storage, audit, now: platform.now }
    try {
      await noteRestore(storage, Math.floor(before / 1000))
      return await Array.fromAsync(all, (id) =>
        endIssuedBefore({ before, keepApiKeys, actor: shell }, id, deps),
      )
    } finally {
      await audit.close()
    }
  } finally {
    await storage.close()
  }
}

function addUp(all: readonly EndedRows[]): EndedRows {
  const sum = (name: keyof EndedRows) => all.reduce((total, each) => total + each[name], 0)
  return { sessions: sum('sessions'), consents: sum('consents'), links: sum('links') }
}

interface Report extends Asked {
  readonly into: string
  readonly file: string
  readonly ended: EndedRows
  readonly restored: RestoredFacts & { readonly replaced: string | undefined }
}

function render({ into, ended, restored, ...asked }: Report): string {
  const { manifest, replaced } = restored
  const time = new Date(asked.before).toISOString()
  const command = `grantd revoke --all-tenants --issued-before ${time}`
  const kept = asked.keepApiKeys ? `; API keys stay, and ${command} ends them` : ''
  const lines = [
    `Restored ${renderCount(manifest.tenants.length, 'tenant')} of ${manifest.made_at} into ${into}`,
    ...(replaced === undefined ? [] : [`What was there is in ${replaced}; remove it when nobody needs it`]),
    ...(manifest.parts.some(({ name }) => name.startsWith('restored-config/'))
      ? [`The configuration of the backup is in ${into}/restored-config`]
      : []),
    ...manifest.left_out.map((file) => `Not in the backup: ${file}`),
    asked.keepTokens
      ? `Tokens stay: what was revoked after ${manifest.made_at} is valid again until you run: ${command}`
      : `Everything issued by ${time} is over, as after ${command}: tokens, ${renderCount(ended.sessions, 'session')}, ${renderCount(ended.consents, 'consent')}, ${renderCount(ended.links, 'link')}${kept}`,
    `Passwords, secrets, people, clients and signing keys are those of ${manifest.made_at}: what was changed or disabled since has to be changed again`,
  ]
  return `${lines.map(printable).join('\n')}\n`
}

function renderJson({ into, file, ended, restored, keepTokens, keepApiKeys, before }: Report): string {
  const { manifest, replaced = null } = restored
  const revoked = keepTokens
    ? null
    : { issued_before: new Date(before).toISOString(), api_keys: !keepApiKeys, ...ended }
  return `${JSON.stringify({ file, into, replaced, revoked, backup: manifest })}\n`
}
