import { CommandError, exitCodes } from '../../cli/command.ts'
import { renderTime } from '../../cli/render-time.ts'
import type { KeyReport } from '../../keys/key-report.ts'
import type { Keyring } from '../../keys/keyring.ts'
import { type Rotation, RotationError } from '../../keys/ring/rotator.ts'
import { shell } from '../../management/actor.ts'
import { type RotateSigningKeyOptions, rotateSigningKey } from '../../management/rotate-signing-key.ts'
import type { OpenedKeyring } from '../../offline/with-keyring.ts'
import { type ParsedArguments, UsageError } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { DamagedRowError } from '../../storage/storage.ts'
import { writeEach } from './write-each.ts'

interface Row {
  readonly tenant: string
  readonly outcome: Rotation['outcome'] | 'refused'
  readonly kid?: string
  /** The time from which the key signs, past or future. */
  readonly signs_at?: string
  readonly complaint?: string
}

/** Rotates the key of each tenant, for a running server too. */
export async function rotateKeys(
  { keyring, tenantIds }: OpenedKeyring,
  args: ParsedArguments,
  platform: Platform,
): Promise<number> {
  const options = readOptions(args)
  const isOne = args.text('tenant') !== undefined
  const rotateOne = async (tenant: string) => {
    const row = await rotate(tenant, keyring, options)
    if (isOne && row.outcome === 'refused') throw new CommandError(row.complaint)
    return row
  }
  await writeEach(tenantIds, { work: rotateOne, render: renderRow, args, platform })
  return exitCodes.ok
}

function readOptions(args: ParsedArguments): RotateSigningKeyOptions {
  const [now, force, dropOld] = [args.isSet('now'), args.isSet('force'), args.isSet('drop-old')]
  if (!now && (force || dropOld)) throw new UsageError('--force and --drop-old go with rotate --now')
  if (dropOld && args.text('tenant') === undefined)
    throw new UsageError('keys rotate --drop-old wants one tenant: name it with --tenant ID')
  return { now, force, dropOld, actor: shell }
}

async function rotate(tenant: string, keyring: Keyring, options: RotateSigningKeyOptions): Promise<Row> {
  try {
    const { outcome } = await rotateSigningKey(options, tenant, { keyring })
    const report = await keyring.report(tenant, { withPrivate: false })
    return { tenant, outcome, ...describe(report, outcome) }
  } catch (error) {
    if (error instanceof RotationError || error instanceof DamagedRowError)
      return { tenant, outcome: 'refused', complaint: error.message }
    throw error
  }
}

function describe(
  { plan, keys }: KeyReport,
  outcome: Rotation['outcome'],
): Pick<Row, 'kid' | 'signs_at'> | undefined {
  const isNext = outcome === 'announced' || outcome === 'waiting'
  const key = keys.find(({ state }) => state === (isNext ? 'next' : 'active'))
  if (!key || key.createdAt === null) return undefined
  const at = isNext ? key.createdAt + plan.publishAhead : (key.activatedAt ?? key.createdAt)
  return { kid: key.kid, signs_at: renderTime(at) }
}

function renderRow({ tenant, outcome, kid, signs_at, complaint }: Row): string {
  const words = {
    announced: `is the next key; a running server lets it sign from ${signs_at} on`,
    waiting: `is the next key already; a running server lets it sign from ${signs_at} on`,
    rotated: 'signs now',
    elsewhere: 'signs now: somebody else rotated at the same time',
    'too-soon': `signs since ${signs_at}, which is less than a minute; --force rotates all the same`,
    refused: complaint,
  }
  return [tenant, kid, words[outcome]].filter((part) => part !== undefined).join('  ')
}
