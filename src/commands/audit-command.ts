import { eventsOf, isChainEnd, readHead } from '../audit/audit-chain.ts'
import { auditEvents } from '../audit/audit-row.ts'
import { walkTrail } from '../audit/audit-trail.ts'
import { completeTrails } from '../audit/complete-trails.ts'
import { verifyAudit } from '../audit/verify-audit.ts'
import { refuseBeside } from '../cli/check-use.ts'
import { type Command, CommandError, exitCodes } from '../cli/command.ts'
import { getAction } from '../cli/get-action.ts'
import { jsonOption, optionsOf, storageOptions, tenantOption } from '../cli/options.ts'
import { type OpenedStorage, withStorage } from '../offline/with-storage.ts'
import { type ParsedArguments, UsageError } from '../platform/arguments.ts'
import type { Platform } from '../platform/platform.ts'
import { printable } from '../printable.ts'
import { DamagedRowError, isDamaged, type Storage, systemTenant } from '../storage/storage.ts'
import { walkRows } from '../storage/walk-rows.ts'
import { tenants as tenantKind } from '../tenants/tenant-row.ts'

type Action = (opened: OpenedStorage, asked: Asked, platform: Platform) => Promise<number>

const actions: Readonly<Record<string, Action>> = { list, verify, export: exportLines }

/** The arguments after the check. */
interface Asked {
  /** `systemTenant`: the events that belong to no tenant. Undefined: all trails. */
  readonly tenant: string | undefined
  readonly after: number | undefined
  readonly limit: number | undefined
  readonly isJson: boolean
}

export const auditCommand: Command = {
  name: 'audit',
  group: 'More',
  summary: 'Read, check or export the audit trail',
  words: Object.keys(actions).join('|'),
  mostWords: 1,
  choices: Object.keys(actions),
  options: [
    ...storageOptions,
    tenantOption('the trail of this tenant'),
    { name: 'system', description: 'the trail of what belongs to no tenant' },
    ...optionsOf(
      ['list', 'export'],
      [
        { name: 'after', value: 'N', description: 'events after this number' },
        { name: 'limit', value: 'N', description: 'at most so many; list: default 100' },
      ],
    ),
    jsonOption,
  ],
  details:
    'list    prints the newest events of one trail, or with --after those that follow\nverify  tells whether an event is missing or was altered, in every trail or in one; exit 0 or 1\nexport  prints one trail as JSON lines; the SHA-256 of a line is the prev_hash of the next',
  example: 'grantd audit export --tenant acme > acme.jsonl',
  run,
}

async function run(args: ParsedArguments, platform: Platform): Promise<number> {
  const name = args.positionals[0] ?? ''
  const action = getAction('audit', args.positionals[0], actions)
  if (args.isSet('system')) refuseBeside('--system', ['tenant'], args)
  const tenant = args.isSet('system') ? systemTenant : args.text('tenant')
  if (tenant === undefined && action !== verify)
    throw new UsageError(`audit ${name} wants one trail: name it with --tenant ID or --system`)
  const asked = {
    tenant,
    after: parseCount('after', args),
    limit: parseCount('limit', args),
    isJson: args.isSet('json'),
  }
  return withStorage(args, platform, async (opened) => {
    const options = { hashing: platform.hashing, retain: opened.loaded.config.audit.retain * 1000 }
    const damage = await completeTrails(opened.storage, tenant, options)
    if (damage) platform.writeError(`warning: ${printable(damage.message)}\n`)
    const exitCode = await action(opened, asked, platform)
    // A journal event that cannot be read is missing in a trail, so the command fails.
    return exitCode === exitCodes.ok && damage ? exitCodes.failed : exitCode
  })
}

function parseCount(name: string, args: ParsedArguments): number | undefined {
  const text = args.text(name)
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new UsageError(`--${name} is '${text}', wanted a whole number`)
}

const listedByDefault = 100

async function list({ storage }: OpenedStorage, asked: Asked, platform: Platform): Promise<number> {
  const { tenant = systemTenant, limit = listedByDefault, isJson } = asked
  const last = await getLast(storage, tenant)
  const after = asked.after ?? Math.max(0, last - limit)
  const render = isJson ? JSON.stringify : renderEvent
  return writeEvents(storage, { tenant, after, limit }, { render, platform })
}

async function exportLines({ storage }: OpenedStorage, asked: Asked, platform: Platform): Promise<number> {
  const { tenant = systemTenant, after = 0, limit = Number.POSITIVE_INFINITY } = asked
  await getLast(storage, tenant)
  return writeEvents(storage, { tenant, after, limit }, { render: JSON.stringify, platform })
}

/** The number of the last event; 0 if it cannot be read. Throws CommandError if there is no trail. */
async function getLast(storage: Storage, tenant: string): Promise<number> {
  const head = await readHead(storage.of(tenant))
  if (head) return isChainEnd(head.value) ? head.value.number : 0
  const { done } = await walkTrail(storage.of(tenant)).next()
  if (done) throw new CommandError(`${nameOf(tenant)} has no audit trail`)
  return 0
}

interface Range {
  readonly tenant: string
  readonly after: number
  readonly limit: number
}

/** The stored events, row by row. For a damaged row, its fault instead. */
async function* walkEvents(
  storage: Storage,
  { tenant, after, limit }: Range,
): AsyncGenerator<readonly unknown[] | DamagedRowError> {
  let left = limit
  for await (const row of walkTrail(storage.of(tenant), after)) {
    const found = isDamaged(row) ? undefined : eventsOf(row.value)
    if (!found) {
      const key = { tenant, kind: auditEvents.name, id: row.id }
      yield isDamaged(row) ? row.damage : new DamagedRowError(key, 'it holds no events')
      continue
    }
    const events = found.filter((event) => !isUpTo(event, after)).slice(0, left)
    if (events.length > 0) yield events
    left -= events.length
    if (left <= 0) return
  }
}

function isUpTo(event: unknown, number: number): boolean {
  const isNumbered = typeof event === 'object' && event !== null && 'number' in event
  return isNumbered && typeof event.number === 'number' && event.number <= number
}

interface Output {
  readonly render: (event: unknown) => string
  readonly platform: Platform
}

/** Writes events and returns the exit code: `failed` if the events of a damaged row are missing. */
async function writeEvents(storage: Storage, range: Range, { render, platform }: Output): Promise<number> {
  let exitCode: number = exitCodes.ok
  for await (const events of walkEvents(storage, range)) {
    if (events instanceof DamagedRowError) {
      platform.writeError(`warning: ${printable(events.message)}\n`)
      exitCode = exitCodes.failed
      continue
    }
    const isTaken = await platform.writeOutPaced(events.map((event) => `${render(event)}\n`).join(''))
    // The reader closed the pipe, as `head` does.
    if (!isTaken) break
  }
  return exitCode
}

/** Number, time, type and outcome, then all other members by name. */
function renderEvent(event: unknown): string {
  if (typeof event !== 'object' || event === null) return printable(JSON.stringify(event))
  const { number, time, type, outcome, tenant, detail, prev_expires, prev_hash, ...rest }: Members = {
    ...event,
  }
  const named = Object.entries({ ...rest, ...(typeof detail === 'object' && detail) })
  const facts = named.map(([name, value]) => `${name}=${String(value)}`)
  return printable([number, time, type, outcome, ...facts].map(String).join('  '))
}

type Members = Readonly<Record<string, unknown>>

async function verify({ loaded, storage }: OpenedStorage, asked: Asked, platform: Platform): Promise<number> {
  const { tenant, isJson } = asked
  const { now, hashing } = platform
  if (tenant !== undefined) await getLast(storage, tenant)
  const ids =
    tenant === undefined
      ? [systemTenant, ...Object.keys(loaded.config.tenants), ...(await findStored(storage))]
      : [tenant]
  let isOk = true
  for (const id of new Set(ids)) {
    const verdict = await verifyAudit(storage, { tenant: id, now, hashing })
    const { ok, events, first, last, hash, complaints } = verdict
    const extent = events === 0 ? 'no events' : `events ${first} to ${last}, the last with the hash ${hash}`
    const lines = [
      `${nameOf(id)}: ${ok ? 'ok' : 'broken'}, ${extent}`,
      ...complaints.map((one) => `  ${one}`),
    ]
    const text = isJson ? JSON.stringify({ tenant: id, ...verdict }) : lines.map(printable).join('\n')
    platform.writeOut(`${text}\n`)
    isOk &&= ok
  }
  return isOk ? exitCodes.ok : exitCodes.failed
}

/** The ids of stored tenants. */
async function findStored(storage: Storage): Promise<readonly string[]> {
  const ids: string[] = []
  for await (const page of walkRows(storage.of(systemTenant).of(tenantKind), { pageSize: 1000 })) {
    ids.push(...page.map(({ id }) => id))
  }
  return ids
}

function nameOf(tenant: string): string {
  return tenant === systemTenant ? 'What belongs to no tenant' : `The tenant '${tenant}'`
}
