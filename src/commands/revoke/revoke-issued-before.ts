import { CommandError, exitCodes } from '../../cli/command.ts'
import { shell } from '../../management/actor.ts'
import { type EndedRows, endIssuedBefore } from '../../management/revoke/end-issued-before.ts'
import { explainRefusal, getTenant, type Management } from '../../offline/with-management.ts'
import type { ParsedArguments } from '../../platform/arguments.ts'
import type { Platform } from '../../platform/platform.ts'
import { listTenants, tenantIdOf } from '../../tenants/stored-tenants.ts'
import { noteRestore } from '../../tokens/revocations.ts'

interface IssuedBefore {
  /** Milliseconds since the epoch. */
  readonly before: number
  /** Undefined: all tenants. */
  readonly tenantId: string | undefined
  readonly args: ParsedArguments
  readonly platform: Platform
}

/** Ends everything that one tenant or all tenants gave out by a time, and prints a line for each. */
export async function revokeIssuedBefore(
  { before, tenantId, args, platform }: IssuedBefore,
  management: Management,
): Promise<number> {
  const keepApiKeys = args.isSet('keep-api-keys')
  const ids =
    tenantId === undefined ? await listIds(management) : [(await getTenant(tenantId, management)).id]
  // For those that come later with a key of their own, such as from a file of before.
  if (tenantId === undefined && before <= platform.now())
    await noteRestore(management.storage, Math.floor(before / 1000))
  const time = new Date(Math.floor(before / 1000) * 1000).toISOString()
  for (const id of ids) {
    const ended = await explainRefusal(`Cannot revoke what the tenant '${id}' issued`, () =>
      endIssuedBefore({ before, keepApiKeys, actor: shell }, id, management),
    )
    const json = { tenant: id, before: time, api_keys: !keepApiKeys, ...ended }
    platform.writeOut(
      args.isSet('json') ? `${JSON.stringify(json)}\n` : `${render(id, time, keepApiKeys, ended)}\n`,
    )
  }
  return exitCodes.ok
}

function render(
  id: string,
  time: string,
  keepApiKeys: boolean,
  { sessions, consents, links }: EndedRows,
): string {
  const what = keepApiKeys ? 'all but API keys' : 'API keys too'
  return `Everything that the tenant '${id}' issued by ${time} is over, ${what}; sessions: ${sessions}, consents: ${consents}, links: ${links}`
}

const pageSize = 500

async function listIds(management: Management): Promise<string[]> {
  const ids: string[] = []
  for (let after = ''; ; ) {
    const page = await listTenants({ after, limit: pageSize }, management)
    ids.push(...page.map(tenantIdOf))
    if (page.length < pageSize) break
    after = ids.at(-1) ?? after
  }
  if (ids.length === 0) throw new CommandError('There is no tenant')
  return ids
}
